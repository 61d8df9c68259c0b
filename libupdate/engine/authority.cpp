#include "engine/authority.hpp"

namespace update {

bool is_waiting(State state) {
    const Effect effect = row(state).effect;
    return effect == Effect::await_ready || effect == Effect::await_ack || effect == Effect::watch_old;
}

bool may_act(Actor actor, State state, const Record& record, const Settings& settings) {
    const bool agent_is_unaware = settings.trial.probe.kind != Readiness::reported;
    switch (row(state).owner) {
        case Owner::anyone:
            return true;
        case Owner::agent:
            return actor == Actor::agent || actor == Actor::operator_ ||
                   (actor == Actor::watchdog && agent_is_unaware);
        case Owner::applier:
            break;
    }
    switch (actor) {
        case Actor::watchdog:
        case Actor::helper:
            return true;
        case Actor::guard:
            return !is_waiting(state);
        case Actor::agent:
            return record.route == Route::exit_code;
        case Actor::operator_:
            return record.route == Route::self_update;
    }
    return false;
}

}  // namespace update
