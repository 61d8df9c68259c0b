#pragma once
#include <vector>

#include "compose/control.hpp"
#include "policy/memory.hpp"
#include "releases/releases.hpp"
#include "releases/trust_state.hpp"

namespace update {

/// All that says why an endpoint did or did not update, gathered; the words are the caller's.
struct Explanation {
    std::string running_version;  ///< empty: unknown
    bool watchdog_answers = false;
    std::vector<std::string> held;  ///< programs that an administrator stopped
    std::optional<Record> record;   ///< of the update in progress, or of the last one
    bool worked_on = false;         ///< a process holds the journal lock
    std::vector<Outcome> unconfirmed;
    PolicyMemory memory;
    std::vector<HistoryEntry> last_lines;  ///< of the record's update, the newest last
    std::optional<HistoryEntry> refusal;   ///< by policy, since that update; it never reached the journal
    std::string journal_damage;
    ChosenChannel channel;
    std::vector<StoredRole> roles;            ///< what is trusted, as it was fetched last
    std::optional<ReleaseDecision> decision;  ///< by the releases that were fetched last
    std::string trouble;                      ///< why there is no decision: nothing can be installed
};
Explanation explain(Control&);

}  // namespace update
