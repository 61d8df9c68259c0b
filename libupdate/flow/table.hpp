// The update state machine as data. Each state performs one effect; recovery after a crash is "enter the
// journaled state again", so there is no second table for resuming. Pure: std only, no clock, no disk, no
// network.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace update {

enum class State : std::uint8_t {
    preflighting,
    downloading,
    staging,
    self_testing,
    backing_up,
    handing_over,
    self_swapping,
    exiting,
    verifying,
    stopping,
    swapping,
    starting,
    awaiting_ready,
    awaiting_ack,
    renewing_watchdog,
    cleaning_up,
    stopping_trial,
    restoring,
    restarting_old,
    watching_old,
    salvaging,
    discarding,
    committed,
    rolled_back,
    abandoned,
    needs_repair,
    count
};
inline constexpr std::size_t state_count = static_cast<std::size_t>(State::count);

/// What a state does. The word is also the file in steps/ that does it.
enum class Effect : std::uint8_t {
    preflight,
    download,
    stage,
    self_test,
    back_up,
    hand_over,
    exit_for_restart,
    verify,
    stop,
    swap,
    start,
    await_ready,
    await_ack,
    renew_watchdog,
    clean_up,
    restore,
    watch_old,
    discard,
    close,
};

/// Who may act in a state. Nobody acts without the journal lock.
enum class Owner : std::uint8_t {
    agent,    ///< the old version, while it still runs
    applier,  ///< watchdog or helper; with the exit-code route the agent and its supervisor's guard; whoever
              ///< of them finds the lock free after a crash
    anyone,   ///< whoever holds the lock
};

/// Which configured time limits a state, counted from its first entry (a resume does not restart it).
enum class Limit : std::uint8_t { none, ready, ack };

enum class Event : std::uint8_t {
    succeeded,    ///< the effect is done
    failed,       ///< it is not; counted against attempts_max
    resumed,      ///< a process died in this state; counted against resumes_max before the effect runs again
    refused,      ///< it cannot be done, now or later: nobody takes the update over, a backup is gone
    exited,       ///< the agent under trial ended
    expired,      ///< the state's limit passed
    accepted,     ///< the server authenticated the new version but is too old to confirm updates
    cancelled,    ///< asked to stop
    interrupted,  ///< this process has to end: nothing is decided, whoever comes next goes on
    mistrusted,  ///< the agent under trial is not what it should be (wrong version), or an operator wants the
                 ///< old one
    count
};

// Read a row as: "in NAME, OWNER performs EFFECT within LIMIT; on success go to NEXT;
// after ATTEMPTS_MAX failures, or resumes_max crashes, go to GIVE_UP".
struct Row {
    State state;
    std::string_view name;  ///< stable: journal, `updatectl status`, logs, docs
    Owner owner;
    Effect effect;
    State next;
    State give_up;
    std::uint8_t attempts_max;
    Limit limit;
};

/// The few events that are neither success nor failure of the state's own effect.
struct Exception {
    State from;
    Event on;
    State to;
};

/// Crashes in one state before giving it up.
inline constexpr std::uint8_t resumes_max = 5;

const Row& row(State);
std::span<const Row> rows();
std::span<const Exception> exceptions();
bool is_terminal(State);
/// The set is being exchanged or judged. In any other state whatever is installed may run: nothing of it has
/// been touched yet, or what runs from now on is decided.
bool is_applied(State);
/// The old version has been, or may have been, touched: only a roll-back leads out.
bool is_after_hand_over(State);
std::optional<State> state_named(std::string_view name);
std::string_view name(Event);
std::string_view name(Effect);
std::string_view name(Owner);

}  // namespace update
