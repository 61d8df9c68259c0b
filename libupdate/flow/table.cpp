// The whole product on one page: what an update does, who does it, and where each ending leads.
#include "flow/table.hpp"

#include <algorithm>

namespace update {
namespace {

using S = State;
using F = Effect;
using E = Event;
constexpr auto A = Owner::agent;
constexpr auto P = Owner::applier;
constexpr auto Z = Owner::anyone;
constexpr auto no = Limit::none;

// clang-format off
constexpr std::array<Row, state_count> table{{
//   state                 name                 owner effect             next                  give up            attempts limit
    // The old version runs and nothing of it is touched: every way out is `discarding`.
    {S::preflighting,      "preflighting",      A, F::preflight,        S::downloading,       S::discarding,        1, no},
    {S::downloading,       "downloading",       A, F::download,         S::staging,           S::discarding,        1, no},
    {S::staging,           "staging",           A, F::stage,            S::self_testing,      S::discarding,        3, no},
    {S::self_testing,      "self-testing",      A, F::self_test,        S::backing_up,        S::discarding,        1, no},
    {S::backing_up,        "backing-up",        A, F::back_up,          S::handing_over,      S::discarding,        3, no},
    {S::handing_over,      "handing-over",      A, F::hand_over,        S::verifying,         S::discarding,        1, no},

    // Nobody could take over: the agent swaps by itself and lets its supervisor start it again.
    {S::self_swapping,     "self-swapping",     P, F::swap,             S::exiting,           S::restoring,         4, no},
    {S::exiting,           "exiting",           P, F::exit_for_restart, S::starting,          S::restoring,         1, no},

    // Somebody who is not the new version applies it and judges it.
    {S::verifying,         "verifying",         P, F::verify,           S::stopping,          S::discarding,        1, no},
    {S::stopping,          "stopping",          P, F::stop,             S::swapping,          S::restarting_old,    4, no},
    {S::swapping,          "swapping",          P, F::swap,             S::starting,          S::restoring,         4, no},
    {S::starting,          "starting",          P, F::start,            S::awaiting_ready,    S::stopping_trial,    4, no},
    {S::awaiting_ready,    "awaiting-ready",    P, F::await_ready,      S::awaiting_ack,      S::stopping_trial,    1, Limit::ready},
    {S::awaiting_ack,      "awaiting-ack",      P, F::await_ack,        S::renewing_watchdog, S::stopping_trial,    1, Limit::ack},
    {S::renewing_watchdog, "renewing-watchdog", P, F::renew_watchdog,   S::cleaning_up,       S::stopping_trial,    1, no},
    {S::cleaning_up,       "cleaning-up",       Z, F::clean_up,         S::committed,         S::committed,        12, no},

    // The way back. It never needs the network, the agent or the new version.
    {S::stopping_trial,    "stopping-trial",    P, F::stop,             S::restoring,         S::salvaging,        12, no},
    {S::restoring,         "restoring",         P, F::restore,          S::restarting_old,    S::salvaging,        12, no},
    {S::restarting_old,    "restarting-old",    P, F::start,            S::watching_old,      S::salvaging,        12, no},
    {S::watching_old,      "watching-old",      P, F::watch_old,        S::rolled_back,       S::salvaging,         1, Limit::ack},
    {S::salvaging,         "salvaging",         P, F::start,            S::needs_repair,      S::needs_repair,     12, no},
    {S::discarding,        "discarding",        Z, F::discard,          S::abandoned,         S::abandoned,        12, no},

    // The end: the outcome is filed, and kept until the server has it.
    {S::committed,         "committed",         Z, F::close,            S::committed,         S::committed,         0, no},
    {S::rolled_back,       "rolled-back",       Z, F::close,            S::rolled_back,       S::rolled_back,       0, no},
    {S::abandoned,         "abandoned",         Z, F::close,            S::abandoned,         S::abandoned,         0, no},
    {S::needs_repair,      "needs-repair",      Z, F::close,            S::needs_repair,      S::needs_repair,      0, no},
}};

constexpr Exception table_exceptions[] = {
    {S::preflighting,      E::cancelled,  S::discarding},
    {S::downloading,       E::cancelled,  S::discarding},
    {S::staging,           E::cancelled,  S::discarding},
    {S::self_testing,      E::cancelled,  S::discarding},
    {S::backing_up,        E::cancelled,  S::discarding},
    {S::handing_over,      E::cancelled,  S::discarding},
    {S::verifying,         E::cancelled,  S::discarding},
    {S::handing_over,      E::refused,    S::self_swapping},
    {S::starting,          E::mistrusted, S::stopping_trial},
    {S::awaiting_ready,    E::exited,     S::starting},         // again, until the new version has used up its starts
    {S::awaiting_ack,      E::exited,     S::starting},
    {S::awaiting_ready,    E::expired,    S::stopping_trial},
    {S::awaiting_ack,      E::expired,    S::stopping_trial},
    {S::awaiting_ack,      E::accepted,   S::renewing_watchdog},  // and clean_up keeps the previous version
    {S::awaiting_ready,    E::mistrusted, S::stopping_trial},
    {S::awaiting_ack,      E::mistrusted, S::stopping_trial},
    {S::awaiting_ready,    E::cancelled,  S::stopping_trial},
    {S::awaiting_ack,      E::cancelled,  S::stopping_trial},
    {S::restoring,         E::refused,    S::salvaging},         // without a backup, patience only costs time
    {S::watching_old,      E::expired,    S::rolled_back},
    {S::watching_old,      E::exited,     S::restarting_old},
};

constexpr std::string_view event_names[] = {"succeeded", "failed", "resumed", "refused", "exited", "expired", "accepted", "cancelled", "interrupted", "mistrusted"};
constexpr std::string_view effect_names[] = {"preflight", "download", "stage", "self_test", "back_up", "hand_over", "exit_for_restart",
    "verify", "stop", "swap", "start", "await_ready", "await_ack", "renew_watchdog", "clean_up", "restore", "watch_old", "discard", "close"};
constexpr std::string_view owner_names[] = {"agent", "applier", "anyone"};
// clang-format on

constexpr bool rows_are_indexed_by_state() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].state) != i) return false;
    return true;
}
constexpr bool exceptions_are_unique() {
    for (const auto& a : table_exceptions)
        for (const auto& b : table_exceptions)
            if (&a != &b && a.from == b.from && a.on == b.on) return false;
    return true;
}
static_assert(rows_are_indexed_by_state());
static_assert(exceptions_are_unique());
static_assert(std::size(event_names) == static_cast<std::size_t>(Event::count));
static_assert(std::size(effect_names) == static_cast<std::size_t>(Effect::close) + 1);

}  // namespace

const Row& row(State state) { return table[static_cast<std::size_t>(state)]; }
std::span<const Row> rows() { return table; }
std::span<const Exception> exceptions() { return table_exceptions; }
bool is_terminal(State state) { return row(state).effect == Effect::close; }
bool is_applied(State state) { return row(state).owner == Owner::applier; }

bool is_after_hand_over(State state) {
    return state >= State::self_swapping && state != State::discarding && state != State::abandoned &&
           state != State::verifying;
}

std::optional<State> state_named(std::string_view wanted) {
    const auto found = std::ranges::find(table, wanted, &Row::name);
    if (found == table.end()) return std::nullopt;
    return found->state;
}

std::string_view name(Event event) { return event_names[static_cast<std::size_t>(event)]; }
std::string_view name(Effect effect) { return effect_names[static_cast<std::size_t>(effect)]; }
std::string_view name(Owner owner) { return owner_names[static_cast<std::size_t>(owner)]; }

}  // namespace update
