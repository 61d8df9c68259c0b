// What the three waiting steps share: waiting for one signal or one look of the probe, until the state's
// limit.
#pragma once
#include <optional>

#include "steps/step.hpp"

namespace update {

/// When the state's limit ends: its first entry plus the configured time, also after a resume. After a reboot
/// the elapsed part is unknown, so the time runs anew; resumes_max bounds how often.
Instant limit_of(const Job&, milliseconds timeout);

/// The same, for a step that begins now: signs of life come every second, so whoever was dead while the limit
/// passed listens for a moment before it judges. resumes_max bounds how often.
Instant limit_after_hearing(const Job&, milliseconds timeout);

/// Is it a companion that this set brings?
bool is_renewed(const Job&, const ProgramSettings&);

/// Do the watched programs run, the agent and, within the trial, each companion that is part of the set?
/// nullopt: yes. Otherwise the event, with the cause noted.
std::optional<Event> gone(Job&);

/// Did an administrator stop it meanwhile? nullopt: no. The trial ends then: nobody may start the new version
/// to prove itself, and the old one is what is left for later.
std::optional<Event> stopped_by_administrator(Job&);

/// The next signal. A sign of life of a process that is not the running agent is worth nothing, and so is the
/// cancellation of another update: they become `woken`.
Signal wait_for_signal(Job&, Instant deadline);

/// Ready by the configured probe (never for Readiness::reported).
bool probe_says_ready(Job&);
/// How long to wait at most before looking again.
Instant next_look(const Job&, Instant limit);

/// A sign of life from something else than the version under trial.
bool is_wrong_version(const Job&, const Signal&);
Event mistrust(Job&, const Signal&);

/// Downtime ends now.
void note_ready(Job&);

}  // namespace update
