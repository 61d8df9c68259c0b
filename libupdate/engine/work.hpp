// Private to engine/.
#pragma once
#include "engine/engine.hpp"

namespace update {

/// The update that this engine holds the lock for.
struct Engine::Work {
    std::unique_ptr<Lock> lock;
    Plan plan;
    Record record;
    bool fresh_process = false;  ///< this process is the restart that the journaled state is about
    bool journaled = true;       ///< the journal holds `record`'s state
};

inline std::int64_t unix_ms(const Clock& clock) { return clock.wall().time_since_epoch().count(); }

}  // namespace update
