// Updates that an operator starts: applied in this process, or followed while the watchdog applies them.
#pragma once
#include <functional>

#include <update/plan.hpp>
#include <update/selection.hpp>

#include "compose/control.hpp"

namespace update {

/// Told while an update is worked on, in the order of what happens.
struct ControlEvents {
    std::function<void(const Record&)> state = [](const Record&) {};  ///< a state was entered
    std::function<void(const Record&, std::uint64_t bytes, std::uint64_t total)> progress =
        [](const Record&, std::uint64_t, std::uint64_t) {};
    std::function<void(std::string_view line)> say = [](std::string_view) {};
};

struct Applied : Said {
    std::string update_id;           ///< empty: it did not begin
    std::optional<Outcome> outcome;  ///< absent: it did not begin, or has not ended yet
};

/// Prepares the update here and hands it to the watchdog; where none answers and the routes allow it, applies
/// it here to the end. Returns with the end, or earlier when SIGINT or SIGTERM comes: during the preparation
/// that cancels the update, after the hand-over it only ends the watching.
Applied apply_selection(const Settings&, const Selection&, const std::string& running_version,
                        const ControlEvents&);
/// The same for the operator's own files, where `trust.mode` allows them.
Applied apply_plan(const Settings&, const Plan&, const ControlEvents&);

/// Back to the previous version: ends the trial that is under way, else applies what
/// policy.keep_previous kept.
Applied roll_back(const Settings&, const ControlEvents&);

}  // namespace update
