// As render.hpp, for findings, explanations and the quarantine.
#pragma once
#include <span>
#include <string>

#include "views.hpp"

namespace update::ctl {

/// One line per check, and the cure below each that is not as it should be; the last line counts them.
std::string findings_text(std::span<const FindingRow>);
std::string findings_json(std::span<const FindingRow>);

std::string quarantine_text(std::span<const QuarantineRow>, std::span<const AttemptsRow>);
std::string quarantine_json(std::span<const QuarantineRow>, std::span<const AttemptsRow>);

/// Whole sentences: what runs, what the last update did and why, what stands in the way of the next one.
std::string explain_text(const ExplainView&);
std::string explain_json(const ExplainView&);
/// The part of it on what is trusted and what would be installed.
std::string decision_text(const DecisionView&);
std::string decision_json(const DecisionView&);

/// What a reason means for the one who has to act, one sentence. Empty for Reason::none.
std::string meaning_of(Reason);

}  // namespace update::ctl
