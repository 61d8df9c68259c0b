#pragma once
#include "steps/step.hpp"

namespace update {

/// May this actor perform the effect of this state? Beside it, everybody needs the journal lock.
/// An agent-owned state is also worked on by updatectl, and by the watchdog where the agent knows nothing of
/// libupdate. An applier-owned state is never worked on by the version under trial, except that with the
/// exit-code route the agent watches itself while its supervisor's guard counts the starts.
bool may_act(Actor, State, const Record&, const Settings&);

/// Does this state wait for somebody else's sign of life?
bool is_waiting(State);

}  // namespace update
