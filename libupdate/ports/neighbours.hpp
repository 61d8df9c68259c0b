#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

struct NeighbourService {
    bool running = false;  ///< or about to
    bool held = false;     ///< stopped or disabled by an administrator: do not start
};

/// What runs on this machine beside the endpoint's own programs, by name. An answer that cannot be had is an
/// error, never "not running".
class Neighbours {
 public:
    virtual ~Neighbours() = default;
    /// Does any process with this name (of its program, without folder) run?
    virtual Result<bool> process_runs(const std::string& name) = 0;
    /// @return `not_found` when it is not installed, `unsupported` without a service manager
    virtual Result<NeighbourService> service(const std::string& name) = 0;
    virtual Status start_service(const std::string& name) = 0;
};

}  // namespace update
