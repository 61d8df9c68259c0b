#include "steps/routes.hpp"

#include <fmt/format.h>

#include "durable/durable.hpp"
#include "steps/watch.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr milliseconds handshake_timeout = 10s, route_look = 1s;
/// A watchdog that is killed twice is back within it: the SCM starts it again after 10 s each
/// (service/scm_service).
constexpr milliseconds route_patience = 25s;

/// Our watchdog, which is just away when it has died, or somebody whose settings have to be mended?
bool only_watchdog_restarts(const Settings& settings) {
    return settings.service.manager == Manager::none && !settings.restarted_on_failure;
}

/// The exit-code route needs a supervisor that starts the agent again after exit 1, and with it the
/// companions that the set renews: they would go on as their old version beside the new agent.
Status exit_code_is_possible(Job& job) {
    if (job.actor != Actor::agent)
        return Error{ErrorCode::refused, "only the agent itself can exit for a restart"};
    const auto closed = only_watchdog_restarts(job.settings) ? ErrorCode::not_found : ErrorCode::refused;
    for (const ProgramSettings& program : job.settings.programs) {
        if (program.name != job.agent().name && !is_renewed(job, program)) continue;
        UPDATE_TRY(findings, job.ports.services.check_restart_path(program.name), "restart path");
        for (const Finding& finding : findings)
            if (!finding.ok) return Error{closed, fmt::format("{} ({})", finding.what, finding.cure)};
    }
    return done();
}

/// The helper is the old program: its backup, when the live path may already hold the new one.
Path helper_program(const Job& job) {
    for (std::size_t n = 0; n < job.plan.artifacts.size(); ++n) {
        const Artifact& a = job.plan.artifacts[n];
        if (a.role == Role::agent &&
            exists(job.ports.files, job.layout.backup(a, job.plan.update_id, n)).value_or(false))
            return job.layout.backup(a, job.plan.update_id, n);
    }
    return job.layout.install_root() / job.agent().path;
}

}  // namespace

Status route_is_possible(Job& job, Route route) {
    switch (route) {
        case Route::watchdog:
            // It goes on with the update of a program or an operator that died, and would wait for its own
            // answer.
            return job.actor == Actor::watchdog ? done() : job.ports.channel.ping_watchdog();
        case Route::self_update:
            if (job.actor == Actor::agent || job.actor == Actor::operator_) return done();
            return Error{ErrorCode::refused, "only the agent or updatectl starts a helper"};
        case Route::exit_code:
            return exit_code_is_possible(job);
        case Route::none:
            break;
    }
    return Error{ErrorCode::bug, "no such route"};
}

Status take_route(Job& job, Route route) {
    switch (route) {
        case Route::watchdog:
            if (job.actor == Actor::watchdog) return done();  // it goes on by itself
            return job.ports.channel.ask_watchdog_to_update(job.plan.update_id);
        case Route::self_update: {
            // updatectl is not the program being replaced: it applies the update itself.
            if (job.actor == Actor::operator_) return done();
            // Its ordinary arguments too, so that it finds its configuration as the agent does.
            Command helper{helper_program(job), job.agent().arguments, {}};
            helper.arguments.insert(helper.arguments.end(), {"--update-helper", job.plan.update_id});
            UPDATE_TRY(process, job.ports.processes.break_away(helper, handshake_timeout), "start helper");
            job.say(fmt::format("helper {} has answered", process.pid));
            return done();
        }
        case Route::exit_code:
            if (auto possible = exit_code_is_possible(job); !possible) return possible;
            return job.ports.services.prepare_exchange(job.agent().name);
        case Route::none:
            break;
    }
    return Error{ErrorCode::bug, "no such route"};
}

bool is_passing(const Error& error) {
    return error.code() != ErrorCode::refused && error.code() != ErrorCode::unsupported;
}

std::optional<Event> wait_for_route(Job& job) {
    const Instant now = job.ports.clock.now();
    if (now >= limit_of(job, route_patience)) return Event::failed;
    const Instant look_again = now + route_look;
    for (;;) {
        const Signal signal = wait_for_signal(job, look_again);
        if (signal.kind == Signal::Kind::stopping) return Event::interrupted;
        if (signal.kind == Signal::Kind::cancelled) return cancelled(job);
        if (job.ports.clock.now() >= look_again) return std::nullopt;
    }
}

}  // namespace update
