// The service control manager, asked for one thing at a time. An answer that cannot be had or read is an
// error, never "not running".
#pragma once
#include <string>

#include <update/result.hpp>

#include "os/handle.hpp"
#include "service/scm_rules.hpp"
#include "service/scm_state.hpp"

namespace update {

/// Connects at each call: that costs less than a millisecond. Any thread.
/// @return of all calls: `not_found` for a service that is not there, `permission` when the account may not,
/// `retry_later` when the manager cannot be reached
class ScmManager {
 public:
    Result<ScmState> state(const std::string& service);
    /// What the manager does not know itself is absent.
    Result<ScmConfig> config(const std::string& service);

    /// Success also when it runs already. Returns once its process has connected to the manager (at most 30
    /// s), not when it is ready.
    /// @return `not_found`, `unsupported` or `permission` when its program cannot be executed; `refused` when
    /// it is disabled; `timed_out` when the program ended or hung before it connected
    Status start(const std::string& service);
    /// Success also when it does not run. Returns at once.
    /// @return `retry_later` while it does not take a stop (it is just starting), or its process is dead and
    /// the manager has not noticed
    Status ask_to_stop(const std::string& service);

    /// Creates it with all that `wanted` says. @return `retry_later` while one of this name is being deleted
    Status create(const ScmService& wanted);
    /// Changes those parts only.
    Status change(const ScmService& wanted, const ScmChanges&);
    /// It is gone once it has stopped and nobody has it open.
    Status remove(const std::string& service);
};

/// Private to scm/.
Result<ServiceHandle> open_manager(unsigned long access);
Result<ServiceHandle> open_service(const std::string& name, unsigned long access);
StartType start_type_of(unsigned long type);

}  // namespace update
