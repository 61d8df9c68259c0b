// What can be said of the services without asking about one of them.
#include <fmt/format.h>

#include "os/scheduled_task.hpp"
#include "os/scm/manager.hpp"
#include "os/service_manager.hpp"
#include "os/windows.hpp"

namespace update {

Manager service_manager::native() { return Manager::scm; }

Status service_manager::may_change() {
    auto manager = open_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (manager) return done();
    if (manager.error().code() != ErrorCode::permission) return std::move(manager).error();
    return Error{
        ErrorCode::permission,
        "only administrators may change services; run it elevated, or set service.manager = \"none\" "
        "and let this account's watchdog run the programs"};
}

std::vector<std::string> service_manager::names(const Settings& settings) {
    std::vector<std::string> names;
    for (const ScmService& service : scm_services(settings)) names.push_back(service.name);
    return names;
}

std::string service_manager::print(const Settings& settings) {
    std::string text;
    for (const ScmService& service : scm_services(settings))
        text += (text.empty() ? "" : "\n") + to_text(service);
    return text;
}

std::string service_manager::command_for(Wish wish, const Settings& settings,
                                         const ProgramSettings& program) {
    const std::string name = service_name(settings, program);
    if (wish == Wish::run)
        return fmt::format("sc.exe config {0} start= delayed-auto, and sc.exe start {0}", name);
    return fmt::format("sc.exe config {0} start= disabled, and sc.exe stop {0}", name);
}

service_manager::Rescue service_manager::rescue() { return Rescue::instead_of_restart; }

namespace {

/// The SCM ends no process but the service's own. Where somebody has put the service into a job that lets
/// nobody leave it, the Task Scheduler is the way out.
class ServiceProcesses final : public Processes {
 public:
    explicit ServiceProcesses(std::unique_ptr<Processes> plain) : plain_{std::move(plain)} {}
    Result<Ran> run(const Command& command) override { return plain_->run(command); }
    bool alive(const ProcessId& process) override { return plain_->alive(process); }
    ProcessId self() override { return plain_->self(); }
    Result<ProcessId> break_away(const Command& command, std::chrono::milliseconds timeout) override {
        auto broken_away = plain_->break_away(command, timeout);
        if (broken_away || broken_away.error().code() != ErrorCode::unsupported) return broken_away;
        auto task = run_as_task(command, timeout);
        if (task) return task;
        return Error{ErrorCode::refused, fmt::format("no way out of this service's job: {}; {}",
                                                     broken_away.error().message(), task.error().message())};
    }

 private:
    std::unique_ptr<Processes> plain_;
};

}  // namespace

Result<std::unique_ptr<Processes>> service_manager::make_processes(std::unique_ptr<Processes> plain,
                                                                   const std::string&) {
    return std::unique_ptr<Processes>{std::make_unique<ServiceProcesses>(std::move(plain))};
}

}  // namespace update
