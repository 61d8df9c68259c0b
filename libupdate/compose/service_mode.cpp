#include "compose/service_mode.hpp"

#include "compose/guard.hpp"
#include "os/systemd/systemd.hpp"

namespace update {

Result<std::unique_ptr<Supervision>> make_supervision(EventLoop& loop, Adapters& adapters,
                                                      Supervisor supervisor, ChildServices::OnExit on_exit) {
    if (adapters.settings().service.manager == Manager::systemd)
        return systemd::make_services(loop, adapters.settings(), adapters.files(), std::move(on_exit));
    auto children = ChildServices::create(loop, adapters.settings(), ChildOptions{supervisor, {}, {}},
                                          std::move(on_exit));
    if (!children) return std::move(children).error();
    return std::unique_ptr<Supervision>{std::move(*children)};
}

std::unique_ptr<Neighbours> make_neighbours() { return systemd::make_neighbours(); }

std::optional<Result<std::vector<Finding>>> check_installed_service(const Settings& settings) {
    if (settings.service.manager == Manager::systemd) return systemd::check_agent_unit(settings);
    return std::nullopt;
}

Result<bool> is_service_held(const Settings& settings) {
    if (settings.service.manager == Manager::systemd) return systemd::is_agent_held(settings);
    return false;
}

std::optional<Status> restart_watchdog_service(const Settings& settings) {
    if (settings.service.manager == Manager::systemd) return systemd::restart_watchdog(settings);
    return std::nullopt;
}

Status keep_service(Adapters& adapters, const std::function<void(std::string_view)>& log) {
    if (adapters.settings().service.manager == Manager::none) return done();
    UPDATE_CHECK(renew_guard(adapters), "service");
    UPDATE_TRY(changes, systemd::repair(adapters.settings(), adapters.files()), "service");
    for (const std::string& change : changes) log(change);
    return done();
}

}  // namespace update
