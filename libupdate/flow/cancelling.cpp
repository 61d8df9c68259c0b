#include "flow/cancelling.hpp"

#include <algorithm>

namespace update {

bool accepts_cancel(State state) {
    return std::ranges::any_of(
        exceptions(), [state](const Exception& x) { return x.from == state && x.on == Event::cancelled; });
}

bool may_yet_be_cancelled(State state) {
    for (; !is_terminal(state); state = row(state).next)
        if (accepts_cancel(state)) return true;
    return false;
}

bool goes_forward(State state) {
    while (!is_terminal(state)) state = row(state).next;
    return state == State::committed;
}

}  // namespace update
