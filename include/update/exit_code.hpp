// The exit-code contract between an agent, its supervisor and `updatectl`. Stable: scripts depend on it.
#pragma once

namespace update {

/// How an agent ends. A service manager acts on these: systemd `Restart=on-failure` and the Windows SCM
/// recovery fire only on a non-zero code, so 0 is allowed only when somebody else has taken over the restart
/// (incident I1).
enum class AgentExit : int {
    clean = 0,           ///< stop was asked for, or a watchdog or helper has taken over the restart
    restart = 1,         ///< start me again: the exit-code route, or a plain failure
    bad_invocation = 2,  ///< command line or configuration is wrong: a restart does not help
};

/// How `updatectl` ends.
enum class ControlExit : int {
    ok = 0,              ///< done, or nothing to do
    failed = 1,          ///< the operation failed; the message says on what and what to do
    bad_invocation = 2,  ///< command line or configuration is wrong
    refused = 3,         ///< a rule forbids it (quarantine, preflight, permission); nothing was touched
    rolled_back = 4,     ///< the update was tried and the previous version runs again
    needs_repair = 5,    ///< neither version could be proven to run: act now
    unreachable = 6,     ///< no watchdog answered
    in_progress = 7,     ///< another update is under way
    findings = 8,        ///< `doctor` or `check` found something to mend
};

}  // namespace update
