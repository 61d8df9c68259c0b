// The system's systemd, asked over D-Bus. An answer that cannot be had or read is an error, never "not
// running".
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <update/result.hpp>

#include "ports/processes.hpp"
#include "service/unit_rules.hpp"
#include "service/unit_state.hpp"

namespace update {

/// Connects at the first call, and again after a lost connection. One thread. Every call takes at most 10 s.
/// @return of all calls: `retry_later` when systemd or the bus cannot be reached, `permission` when it may
/// not be asked, `not_found` for a unit that is not there, `refused` with systemd's reason, `unsupported`
/// without libsystemd
class SystemdManager {
 public:
    SystemdManager();
    ~SystemdManager();

    Result<UnitState> state(const std::string& unit);
    /// As above, but only load, active, sub, job and main_pid: a tenth of the time.
    Result<UnitState> activity(const std::string& unit);
    Result<UnitRules> rules(const std::string& unit);

    /// Each queues a job and returns at once.
    Status start(const std::string& unit);
    Status restart(const std::string& unit);
    Status stop(const std::string& unit);
    /// SIGKILL to all that is left of it.
    Status kill(const std::string& unit);
    /// Forgets failures and counted starts.
    Status reset_failed(const std::string& unit);

    Status reload();
    /// Its files, drop-ins included, changed since systemd read them.
    Result<bool> needs_reload(const std::string& unit);
    /// Makes it start at boot, or not. Reloads: what nothing wants would be forgotten with its history as
    /// soon as it is stopped, and an administrator's stop with it.
    Status enable(const std::string& unit);
    Status disable(const std::string& unit);

    /// A service that lives in its own cgroup until its program ends, and is forgotten then. A program that
    /// is killed or fails is started again after a second.
    /// @param answers  a descriptor that becomes its standard output
    Status start_transient(const std::string& unit, const std::string& description, const Command&,
                           const std::vector<std::string>& environment, int answers);

    /// While it lives, the descriptor is readable when something happened to the unit.
    class Changes {
     public:
        virtual ~Changes() = default;
        virtual int descriptor() const = 0;
        /// Takes what has come, without waiting. @return true when the unit changed or a job of it ended
        virtual bool take() = 0;
        /// Waits at most so long for something to take.
        virtual void wait(std::chrono::milliseconds) = 0;
    };
    Result<std::unique_ptr<Changes>> watch(const std::string& unit);

 private:
    struct Connection;
    /// Connects where it must; a connection that failed is not used again.
    template <class Call>
    Status connected(Call&& call);
    template <class... Arguments>
    Status ask(const std::string& what, const char* method, const char* types, Arguments... arguments);
    Result<std::string> path_of(const std::string& unit);
    Status job(const char* method, const std::string& unit);

    std::shared_ptr<Connection> connection_;  ///< shared with those who wait for changes
};

}  // namespace update
