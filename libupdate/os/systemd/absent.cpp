// Built without the headers of libsystemd: service mode is refused by name, everything else works.
#include "os/process_names.hpp"
#include "os/service_manager.hpp"

namespace update::service_manager {
namespace {

Error absent() {
    return {ErrorCode::unsupported, "this program was built without D-Bus; set service.manager = \"none\""};
}

class ProcessesOnly final : public Neighbours {
 public:
    Result<bool> process_runs(const std::string& name) override { return process_named(name); }
    Result<NeighbourService> service(const std::string&) override { return absent(); }
    Status start_service(const std::string&) override { return absent(); }
};

}  // namespace

std::unique_ptr<Neighbours> make_neighbours() { return std::make_unique<ProcessesOnly>(); }
Result<std::unique_ptr<Supervision>> make_services(EventLoop&, const Settings&, Files&, OnExit) {
    return absent();
}
Result<std::unique_ptr<Processes>> make_processes(std::unique_ptr<Processes>, const std::string&) {
    return absent();
}
Result<std::vector<Finding>> check_agent(const Settings&) { return absent(); }
std::vector<ServiceCheck> check_others(const Settings&) { return {}; }
Result<bool> is_agent_held(const Settings&) { return absent(); }
Result<bool> is_agent_start_asked_for(const Settings&) { return absent(); }
Status install(const Settings&, Files&, Start) { return absent(); }
Status remove(const Settings&, Files&) { return absent(); }
Result<std::vector<std::string>> repair(const Settings&, Files&) { return absent(); }
Result<std::vector<std::string>> ensure_watchdog(const Settings&, Files&) { return absent(); }
Status restart_watchdog(const Settings&) { return absent(); }
Status prepare_exchange(const Settings&) { return absent(); }

}  // namespace update::service_manager
