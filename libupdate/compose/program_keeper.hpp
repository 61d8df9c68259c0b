// Private to compose/: the programs between updates. Each is started when it should run and does not, within
// its budget of restarts.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "compose/adapters.hpp"
#include "ports/services.hpp"
#include "supervise/restart_budget.hpp"

namespace update {

class ProgramKeeper {
 public:
    using Log = std::function<void(std::string_view line)>;
    using Alert = std::function<void(std::string_view kind, const std::string& message)>;
    ProgramKeeper(Adapters&, Services&, Log, Alert);

    void tend_all();
    /// Starts it unless it runs, is held by the administrator, or has to wait.
    void tend(const std::string& program);
    /// It has ended. @return when it is started again; none: an administrator stopped it
    std::optional<Instant> exited(const std::string& program, const std::optional<ExitStatus>&);
    /// An operator wants it anew, whatever happened before.
    Status restart(const std::string& program);
    /// When the next one has to be started; none: nothing waits.
    std::optional<Instant> next_start() const;

 private:
    struct Kept {
        RestartBudget budget;
        std::optional<Instant> start_at;  ///< when to start it again; none: at once
    };
    void plan_restart(const std::string& program, const std::optional<ExitStatus>&, const std::string& why);
    Instant now() const { return adapters_.clock().now(); }

    Adapters& adapters_;
    Services& services_;
    const Log log_;
    const Alert alert_;
    std::map<std::string, Kept> programs_;
};

}  // namespace update
