#include "compose/service_mode.hpp"

#include "compose/guard.hpp"

namespace update {

Result<std::unique_ptr<Supervision>> make_supervision(EventLoop& loop, Adapters& adapters,
                                                      Supervisor supervisor, ChildServices::OnExit on_exit) {
    if (adapters.settings().service.manager != Manager::none)
        return service_manager::make_services(loop, adapters.settings(), adapters.files(),
                                              std::move(on_exit));
    auto children = ChildServices::create(loop, adapters.settings(), ChildOptions{supervisor, {}, {}},
                                          std::move(on_exit));
    if (!children) return std::move(children).error();
    return std::unique_ptr<Supervision>{std::move(*children)};
}

std::unique_ptr<Neighbours> make_neighbours() { return service_manager::make_neighbours(); }

std::optional<Result<std::vector<Finding>>> check_installed_service(const Settings& settings) {
    if (settings.service.manager != Manager::none) return service_manager::check_agent(settings);
    return std::nullopt;
}

std::vector<service_manager::ServiceCheck> check_other_services(const Settings& settings) {
    if (settings.service.manager != Manager::none) return service_manager::check_others(settings);
    return {};
}

Result<bool> is_service_held(const Settings& settings) {
    if (settings.service.manager != Manager::none) return service_manager::is_agent_held(settings);
    return false;
}

Result<bool> is_service_start_asked_for(const Settings& settings) {
    if (settings.service.manager != Manager::none) return service_manager::is_agent_start_asked_for(settings);
    return false;
}

Status prepare_service_for_exchange(const Settings& settings) {
    if (settings.service.manager != Manager::none) return service_manager::prepare_exchange(settings);
    return done();
}

std::optional<Status> restart_watchdog_service(const Settings& settings) {
    if (settings.service.manager != Manager::none) return service_manager::restart_watchdog(settings);
    return std::nullopt;
}

namespace {

Status tell(Result<std::vector<std::string>> changes, const std::function<void(std::string_view)>& log) {
    if (!changes) return std::move(changes).error();
    for (const std::string& change : *changes) log(change);
    return done();
}

}  // namespace

/// Trouble with one of them must not keep the others from being mended; the watchdog comes first, since
/// nobody else would bring it back.
Status keep_service(Adapters& adapters, const std::function<void(std::string_view)>& log) {
    const Settings& settings = adapters.settings();
    if (settings.service.manager == Manager::none) return done();
    Status watchdog = tell(service_manager::ensure_watchdog(settings, adapters.files()), log);
    Status guard = renew_guard(adapters);
    Status units = tell(service_manager::repair(settings, adapters.files()), log);
    UPDATE_CHECK(std::move(watchdog), "service");
    UPDATE_CHECK(std::move(guard), "service");
    UPDATE_CHECK(std::move(units), "service");
    return done();
}

}  // namespace update
