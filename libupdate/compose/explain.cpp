#include "compose/explain.hpp"

#include "compose/agent_channel.hpp"
#include "compose/control_changes.hpp"
#include "compose/outcome_box.hpp"
#include "journal/journal.hpp"
#include "releases/refusal.hpp"

namespace update {

namespace {

constexpr std::size_t lines_max = 8;

/// What an update that began now would be decided by, but for what the repository has that is newer.
void look_at_releases(Control& control, Explanation& facts) {
    Adapters& here = control.adapters();
    AgentChannel channel{control.layout(), here.clock(), here.files()};
    Releases releases{control.settings(),
                      control.layout(),
                      here.machine(),
                      {here.files(), here.clock(), here.http(), channel, here.random(), here.hashing(),
                       here.cryptography()}};
    facts.channel = releases.channel();
    trust::LocalStore store{here.files(), here.cryptography(), control.layout().trust()};
    facts.roles = stored_roles(store, here.clock().wall());
    auto decision = releases.decision(facts.running_version, facts.memory);
    if (decision)
        facts.decision = std::move(*decision);
    else
        facts.trouble = refusal_of(decision.error()).message;
}

}  // namespace

Explanation explain(Control& control) {
    Explanation facts;
    auto loaded = Journal{control.adapters().files(), control.layout()}.load();
    facts.record = std::move(loaded.record);
    facts.journal_damage = std::move(loaded.damage);
    facts.running_version = control.running_version();
    facts.watchdog_answers = control.watchdog_answers();
    for (const ProgramSettings& program : control.settings().programs)
        if (const auto status = control.services().status(program.name);
            status && status->held_by_administrator)
            facts.held.push_back(program.name);
    if (control.open_update()) facts.worked_on = control.somebody_works();
    facts.unconfirmed = OutcomeBox{control.adapters().files(), control.layout()}.unconfirmed();
    facts.memory = policy_memory(control);
    look_at_releases(control, facts);
    facts.last_lines = control.history();
    if (!facts.last_lines.empty() && facts.last_lines.back().event == "refused")
        facts.refusal = facts.last_lines.back();
    if (facts.record)
        std::erase_if(facts.last_lines,
                      [&](const HistoryEntry& line) { return line.update_id != facts.record->update_id; });
    if (facts.last_lines.size() > lines_max)
        facts.last_lines.erase(facts.last_lines.begin(),
                               facts.last_lines.end() - static_cast<std::ptrdiff_t>(lines_max));
    return facts;
}

}  // namespace update
