// Built without sdbus-c++: service mode is refused by name, everything else works.
#include "os/service_manager.hpp"

namespace update::service_manager {
namespace {

Error absent() {
    return {ErrorCode::unsupported, "this program was built without D-Bus; set service.manager = \"none\""};
}

}  // namespace

Result<std::unique_ptr<Supervision>> make_services(EventLoop&, const Settings&, Files&, OnExit) {
    return absent();
}
Result<std::unique_ptr<Processes>> make_processes(std::unique_ptr<Processes>, const std::string&) {
    return absent();
}
Result<std::vector<Finding>> check_agent(const Settings&) { return absent(); }
Result<bool> is_agent_held(const Settings&) { return absent(); }
Status install(const Settings&, Files&, Start) { return absent(); }
Status remove(const Settings&, Files&) { return absent(); }
Result<std::vector<std::string>> repair(const Settings&, Files&) { return absent(); }
Result<std::vector<std::string>> ensure_watchdog(const Settings&, Files&) { return absent(); }
Status restart_watchdog(const Settings&) { return absent(); }

}  // namespace update::service_manager
