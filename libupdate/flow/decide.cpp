#include "flow/decide.hpp"

namespace update {
namespace {

constexpr std::uint8_t one_more(std::uint8_t n) { return n == 255 ? n : static_cast<std::uint8_t>(n + 1); }

/// Entering a state resets its own counters; the counters of starts belong to the update and are never reset.
Decision enter(const Progress& now, State to, unsigned starts_max) {
    Progress next{to, 0, 0, now.starts, now.restarts, now.excused};
    if (to == State::starting) {
        next.starts = one_more(now.starts);
        if (next.starts > starts_max)
            return {{State::stopping_trial, 0, 0, now.starts, now.restarts, now.excused}, true, true};
    }
    if (to == State::restarting_old) {
        next.restarts = one_more(now.restarts);
        if (next.restarts > restarts_max)
            return {{State::salvaging, 0, 0, now.starts, now.restarts, now.excused}, true, true};
    }
    return {next, true, false};
}

/// Counts one more try of the same state, or gives it up.
Decision again_or_give_up(const Progress& now, std::uint8_t Progress::*counter, unsigned bound,
                          unsigned starts_max) {
    Progress next = now;
    next.*counter = one_more(now.*counter);
    if (next.*counter < bound) return {next, true, false};
    Decision given_up = enter(now, row(now.state).give_up, starts_max);
    given_up.exhausted = true;
    return given_up;
}

}  // namespace

Decision decide(const Progress& now, Event event, unsigned starts_max) {
    if (is_terminal(now.state)) return {now, false, false};
    for (const Exception& x : exceptions())
        if (x.from == now.state && x.on == event) return enter(now, x.to, starts_max);

    const Row& here = row(now.state);
    if (event == Event::succeeded) return enter(now, here.next, starts_max);
    if (event == Event::failed)
        return again_or_give_up(now, &Progress::attempts, here.attempts_max, starts_max);
    if (event == Event::resumed)
        return again_or_give_up(now, &Progress::resumes, resumes_max + 1u, starts_max);
    return {now, false, false};
}

std::optional<Progress> excuse_start(const Progress& now) {
    if (now.starts == 0 || now.excused >= excused_max) return std::nullopt;
    Progress next = now;
    --next.starts;
    ++next.excused;
    return next;
}

}  // namespace update
