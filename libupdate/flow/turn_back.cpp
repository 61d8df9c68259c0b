#include "flow/turn_back.hpp"

namespace update {

State without_journal(State entered, Event by) {
    // The new program would find a journal that knows nothing of the swap.
    if (entered == State::self_swapping && by == Event::refused) return State::discarding;
    // A start that cannot be counted could be one of any number.
    if (entered == State::starting && by == Event::exited) return State::stopping_trial;
    if (by != Event::succeeded || is_terminal(entered)) return entered;
    if (entered == State::swapping) return State::restarting_old;
    return row(entered).give_up == State::discarding ? State::discarding : entered;
}

State without_plan(State state) {
    if (is_terminal(state)) return state;
    return is_after_hand_over(state) ? State::salvaging : State::discarding;
}

}  // namespace update
