#include "steps/step.hpp"

#include <array>
#include <cassert>

namespace update {

std::string_view name(Actor actor) {
    static constexpr std::string_view names[] = {"agent", "watchdog", "helper", "guard", "updatectl"};
    return names[static_cast<std::size_t>(actor)];
}

Step step_for(Effect effect) {
    switch (effect) {
        case Effect::preflight:
            return preflight;
        case Effect::download:
            return download;
        case Effect::stage:
            return stage;
        case Effect::self_test:
            return self_test;
        case Effect::back_up:
            return back_up;
        case Effect::hand_over:
            return hand_over;
        case Effect::verify:
            return verify;
        case Effect::stop:
            return stop;
        case Effect::swap:
            return swap;
        case Effect::start:
            return start;
        case Effect::await_ready:
            return await_ready;
        case Effect::await_ack:
            return await_ack;
        case Effect::renew_watchdog:
            return renew_watchdog;
        case Effect::clean_up:
            return clean_up;
        case Effect::restore:
            return restore;
        case Effect::watch_old:
            return watch_old;
        case Effect::discard:
            return discard;
        case Effect::close:
            return close;
        case Effect::exit_for_restart:
            break;
    }
    assert(false && "the engine answers exit_for_restart itself");
    return nullptr;
}

Event because(Job& job, Reason reason, const Error& error, Event event) {
    if (job.record.reason == Reason::none) {
        job.record.reason = reason;
        job.record.message = error.message();
        job.record.evidence = error.evidence();
    }
    job.say(error.message());
    return event;
}

Event cancelled(Job& job) {
    if (is_after_hand_over(job.record.progress.state))
        return because(job, Reason::requested,
                       Error{ErrorCode::cancelled, "the previous version was asked for within the trial"},
                       Event::cancelled);
    return because(job, Reason::cancelled, Error{ErrorCode::cancelled, "cancelled on request"},
                   Event::cancelled);
}

Reason reason_of_mistrust(const Error& error) {
    const bool judged = error.code() == ErrorCode::refused || error.code() == ErrorCode::corrupt ||
                        error.code() == ErrorCode::not_found;
    return judged ? Reason::untrusted : reason_of(error, Reason::io_failed);
}

Reason reason_of(const Error& error, Reason otherwise) {
    switch (error.code()) {
        case ErrorCode::no_space:
            return Reason::no_space;
        case ErrorCode::corrupt:
            return Reason::corrupt;
        case ErrorCode::cancelled:
            return Reason::cancelled;
        default:
            return otherwise;
    }
}

}  // namespace update
