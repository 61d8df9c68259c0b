#include "journal/outcome_of.hpp"

namespace update {
namespace {

Ending ending_of(State state) {
    switch (state) {
        case State::committed:
            return Ending::committed;
        case State::rolled_back:
            return Ending::rolled_back;
        case State::abandoned:
            return Ending::abandoned;
        default:
            return Ending::needs_repair;
    }
}

}  // namespace

Outcome outcome_of(const Record& r) {
    Outcome outcome;
    outcome.update_id = r.update_id;
    outcome.ending = ending_of(r.progress.state);
    outcome.reason = r.reason;
    outcome.message = r.message;
    outcome.evidence = r.evidence;
    outcome.route = r.route;
    outcome.from_version = r.from_version;
    outcome.to_version = r.to_version;
    outcome.bytes = r.bytes;
    outcome.downtime_us = r.downtime_us;
    if (r.requested.boot_id == r.entered.boot_id)
        outcome.duration_ms = (r.entered.us - r.requested.us) / 1000;
    outcome.ended_at_unix_ms = r.ended_at_unix_ms;
    return outcome;
}

}  // namespace update
