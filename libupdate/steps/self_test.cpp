// Runs each candidate that supports it, from where it is staged, while the old version still works.
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "steps/watch.hpp"

namespace update {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find_first_of("\r\n")); }

Error ended_badly(const Path& program, const Ran& ran) {
    Evidence evidence;
    (ran.exit.signalled ? evidence.signal : evidence.exit_code) = ran.exit.value;
    return Error{
        ErrorCode::refused,
        fmt::format("self-test of {}: {}", program.string(),
                    ran.timed_out ? "no answer in time"
                                  : fmt::format("ended with {} {}", ran.exit.signalled ? "signal" : "code",
                                                ran.exit.value))}
        .with(evidence);
}

/// Whoever runs the candidate goes on answering meanwhile. @return why it is not waited for any longer
std::optional<Event> asked_to_end(Job& job) {
    for (;;) {
        const Signal signal = wait_for_signal(job, job.ports.clock.now());
        if (signal.kind == Signal::Kind::deadline) return std::nullopt;
        if (signal.kind == Signal::Kind::stopping) return Event::interrupted;
        if (signal.kind == Signal::Kind::cancelled) return cancelled(job);
    }
}

Status test_candidate(Job& job, const Path& program, std::optional<Event>& ended) {
    const Command command{program, {"--self-test"}, job.settings.trial.self_test_timeout, [&] {
                              ended = asked_to_end(job);
                              return !ended;
                          }};
    UPDATE_TRY(ran, job.ports.processes.run(command), fmt::format("self-test of {}", program.string()));
    if (ran.timed_out || ran.exit.signalled || ran.exit.value != 0) return ended_badly(program, ran);
    if (first_line(ran.output) != job.plan.version)
        return Error{ErrorCode::refused,
                     fmt::format("self-test of {}: printed \"{}\", not version {}", program.string(),
                                 first_line(ran.output).substr(0, 64), job.plan.version)};
    return done();
}

}  // namespace

Event self_test(Job& job) {
    for (std::size_t n = 0; n < job.plan.artifacts.size(); ++n) {
        const Artifact& a = job.plan.artifacts[n];
        if (!a.self_test) continue;
        const Path staged = job.layout.staged(a, job.plan.update_id, n);
        std::optional<Event> ended;
        const Status passed = test_candidate(job, staged, ended);
        if (ended) return *ended;
        if (passed) continue;
        // One that is gone says nothing about its version.
        const bool gone = !exists(job.ports.files, staged).value_or(true);
        return because(job, gone ? Reason::io_failed : Reason::self_test_failed, passed.error());
    }
    return Event::succeeded;
}

}  // namespace update
