#pragma once
#include "layout/layout.hpp"
#include "ports/services.hpp"

namespace update {

class Adapters;

/// The services port inside the agent: it runs, and it neither starts nor stops itself; its supervisor does.
class OwnServices : public Services {
 public:
    OwnServices(const Settings& settings, const Layout& layout, Locks& locks, Processes& processes)
        : settings_{settings}, layout_{layout}, locks_{locks}, processes_{processes} {}

    Result<ServiceStatus> status(const std::string& program) override;
    Status start(const std::string& program) override;
    Status stop(const std::string& program) override;
    /// A living watchdog holds its instance lock, however old its protocol is; or a foreign supervisor is
    /// configured.
    Result<std::vector<Finding>> check_restart_path(const std::string& program) override;
    Result<bool> was_asked_to_start(const std::string& program) override;
    Status prepare_exchange(const std::string& program) override;

 private:
    Result<std::vector<Finding>> check_companion(const std::string& program);

    const Settings& settings_;
    const Layout& layout_;
    Locks& locks_;
    Processes& processes_;
};

/// Writes the agent's run record when whoever started it did not, so that a watchdog or helper finds it.
Status announce_self(Adapters&);

}  // namespace update
