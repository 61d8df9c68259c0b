// What an operator has the watchdog watch beside its own programs, until its next start.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <update/settings.hpp>

#include "ports/neighbours.hpp"
#include "ports/random.hpp"
#include "supervise/restart_budget.hpp"

namespace update {

/// A service that does not run is started, within a budget of its own, unless an administrator stopped it. A
/// process is nobody's to start: that it is gone, and that it is back, is told. Each change is told once. One
/// thread.
class Watchlist {
 public:
    /// @param tell  kind of the alert, and what happened; all references outlive this
    using Tell = std::function<void(std::string_view kind, const std::string& message)>;
    Watchlist(Neighbours&, const SupervisionSettings&, Random&, Tell);

    /// Replaces the list. @return `not_found` or `unsupported` for a service that cannot be watched: nothing
    /// is changed then
    Status watch_services(const std::vector<std::string>& names);
    void watch_processes(const std::vector<std::string>& names);

    void look(Instant now);
    /// When a service is to be started again; none: `look` as often as you like.
    std::optional<Instant> next_start() const;

 private:
    struct Service {
        RestartBudget budget;
        std::optional<Instant> start_at;  ///< while it is down: when to start it again
        bool running = false;
    };
    struct Process {
        bool gone = false;
    };
    void look_at(const std::string& name, Service&, Instant now);
    void look_at(const std::string& name, Process&);

    Neighbours& neighbours_;
    const SupervisionSettings& settings_;
    Random& random_;
    Tell tell_;
    std::map<std::string, Service> services_;
    std::map<std::string, Process> processes_;
};

}  // namespace update
