#include "steps/watch.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace update {

Instant limit_of(const Job& job, milliseconds timeout) {
    const Moment& entered = job.record.entered;
    if (entered.boot_id != job.ports.clock.boot_id()) return job.ports.clock.now() + timeout;
    return Instant{AwakeClock::duration{entered.us}} + timeout;
}

Instant limit_after_hearing(const Job& job, milliseconds timeout) {
    constexpr milliseconds hearing{5'000};
    return std::max(limit_of(job, timeout), job.ports.clock.now() + std::min(timeout, hearing));
}

namespace {

Event note_exit(Job& job, const std::string& program, const std::optional<ExitStatus>& exit) {
    Evidence evidence;
    std::string how = "ended";
    if (exit) {
        (exit->signalled ? evidence.signal : evidence.exit_code) = exit->value;
        how = fmt::format("ended with {} {}", exit->signalled ? "signal" : "code", exit->value);
    }
    return because(job, Reason::crashed,
                   Error{ErrorCode::retry_later, fmt::format("{} {}", program, how)}.with(evidence),
                   Event::exited);
}

/// A companion of the set that crashed, too: the set is good or bad as a whole. One that ends well may mean
/// it (nobody is logged in), and an old one that was crashing before must not keep the agent from its update.
std::optional<Event> companion_crashed(Job& job) {
    if (job.record.progress.state == State::watching_old) return std::nullopt;
    for (const ProgramSettings& program : job.settings.programs) {
        if (!is_renewed(job, program)) continue;
        const auto status = job.ports.services.status(program.name);
        if (!status || status->running || status->held_by_administrator || !has_failed(status->last_exit))
            continue;
        return note_exit(job, program.name, status->last_exit);
    }
    return std::nullopt;
}

bool is_sign_of_life(Signal::Kind kind) {
    return kind == Signal::Kind::alive || kind == Signal::Kind::ready || kind == Signal::Kind::accepted ||
           kind == Signal::Kind::acknowledged;
}

}  // namespace

bool is_renewed(const Job& job, const ProgramSettings& program) {
    return std::ranges::any_of(job.plan.artifacts, [&](const Artifact& artifact) {
        return artifact.role == Role::companion && artifact.install_path == program.path;
    });
}

std::optional<Event> gone(Job& job) {
    const auto status = job.ports.services.status(job.agent().name);
    if (!status) {
        job.say(status.error().message());  // unreadable is not "not running"; the limit decides
        return std::nullopt;
    }
    if (status->running || status->held_by_administrator) return companion_crashed(job);
    return note_exit(job, job.agent().name, status->last_exit);
}

std::optional<Event> stopped_by_administrator(Job& job) {
    const auto status = job.ports.services.status(job.agent().name);
    if (!status || status->running || !status->held_by_administrator) return std::nullopt;
    return because(
        job, Reason::requested,
        Error{ErrorCode::cancelled,
              fmt::format("{} was stopped by the administrator within the trial", job.agent().name)},
        Event::cancelled);
}

Signal wait_for_signal(Job& job, Instant deadline) {
    Signal signal = job.ports.channel.wait(deadline);
    if (signal.kind == Signal::Kind::cancelled && signal.update_id != job.record.update_id)
        signal.kind = Signal::Kind::woken;  // meant for another update
    if (!is_sign_of_life(signal.kind)) return signal;
    const auto status = job.ports.services.status(job.agent().name);
    if (!status || !status->running || status->process.pid != signal.pid) signal.kind = Signal::Kind::woken;
    return signal;
}

bool probe_says_ready(Job& job) {
    const Probe& probe = job.settings.trial.probe;
    if (probe.kind == Readiness::reported) return false;
    if (probe.kind == Readiness::process_age)
        return job.ports.clock.now() >=
               limit_of(job, probe.age);  // it has lived since this state was entered
    return job.ports.probes.look(probe).has_value();
}

Instant next_look(const Job& job, Instant limit) {
    if (job.settings.trial.probe.kind == Readiness::reported) return limit;
    return std::min(limit, job.ports.clock.now() + job.settings.trial.probe.interval);
}

bool is_wrong_version(const Job& job, const Signal& signal) {
    return !signal.version.empty() && signal.version != job.record.to_version;
}

Event mistrust(Job& job, const Signal& signal) {
    return because(job, Reason::wrong_version,
                   Error{ErrorCode::refused, fmt::format("{} reports version {}, not {}", job.agent().name,
                                                         signal.version, job.record.to_version)},
                   Event::mistrusted);
}

void note_ready(Job& job) {
    const Moment& last_seen = job.record.old_last_seen;
    if (last_seen.boot_id == job.ports.clock.boot_id())
        job.record.downtime_us = job.ports.clock.now().time_since_epoch().count() - last_seen.us;
}

}  // namespace update
