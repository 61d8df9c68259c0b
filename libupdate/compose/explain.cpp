#include "compose/explain.hpp"

#include "compose/control_changes.hpp"
#include "compose/outcome_box.hpp"
#include "journal/journal.hpp"

namespace update {

constexpr std::size_t lines_max = 8;

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
