#include "supervise/watchlist.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace update {

Watchlist::Watchlist(Neighbours& neighbours, const SupervisionSettings& settings, Random& random, Tell tell)
    : neighbours_{neighbours}, settings_{settings}, random_{random}, tell_{std::move(tell)} {}

Status Watchlist::watch_services(const std::vector<std::string>& names) {
    std::map<std::string, Service> services;
    for (const std::string& name : names) {
        const auto seen = neighbours_.service(name);
        const auto code = seen ? ErrorCode::retry_later : seen.error().code();
        if (code == ErrorCode::not_found || code == ErrorCode::unsupported || code == ErrorCode::refused)
            return Error{seen.error()}.in(fmt::format("service {} cannot be watched", name));
        const auto known = services_.find(name);
        services.emplace(name, known != services_.end()
                                   ? known->second
                                   : Service{RestartBudget{settings_, random_}, std::nullopt});
    }
    services_ = std::move(services);
    return done();
}

void Watchlist::watch_processes(const std::vector<std::string>& names) {
    std::map<std::string, Process> processes;
    for (const std::string& name : names) {
        const auto known = processes_.find(name);
        processes.emplace(name, known != processes_.end() ? known->second : Process{});
    }
    processes_ = std::move(processes);
}

void Watchlist::look(Instant now) {
    for (auto& [name, service] : services_) look_at(name, service, now);
    for (auto& [name, process] : processes_) look_at(name, process);
}

void Watchlist::look_at(const std::string& name, Service& service, Instant now) {
    const auto seen = neighbours_.service(name);
    if (!seen) return;  // unreadable is not "not running"
    if (seen->running || seen->held) {
        if (seen->running && !std::exchange(service.running, true)) service.budget.started(now);
        if (std::exchange(service.start_at, std::nullopt))
            tell_("service-back", fmt::format("service {} {}", name,
                                              seen->running ? "runs again" : "is held by the administrator"));
        return;
    }
    service.running = false;
    if (!service.start_at) tell_("service-down", fmt::format("service {} does not run", name));
    if (service.start_at && now < *service.start_at) return;
    if (auto started = neighbours_.start_service(name); !started)
        tell_("service-down",
              fmt::format("service {} cannot be started: {}", name, started.error().message()));
    const RestartDecision next = service.budget.exited(now, std::nullopt);  // should this start not help
    service.start_at = next.start_at;
    if (next.kind == RestartDecision::Kind::held)
        tell_("service-held",
              fmt::format("service {} is left alone for a while, because {}", name, next.because));
}

void Watchlist::look_at(const std::string& name, Process& process) {
    const auto runs = neighbours_.process_runs(name);
    if (!runs || *runs != process.gone) return;
    process.gone = !*runs;
    if (process.gone)
        tell_("process-gone", fmt::format("no process {} runs", name));
    else
        tell_("process-back", fmt::format("process {} runs again", name));
}

std::optional<Instant> Watchlist::next_start() const {
    std::optional<Instant> next;
    for (const auto& [name, service] : services_)
        if (service.start_at) next = next ? std::min(*next, *service.start_at) : *service.start_at;
    return next;
}

}  // namespace update
