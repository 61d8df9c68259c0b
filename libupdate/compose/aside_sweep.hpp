// Private to compose/: what stepped aside for a new version of a program or another file of a set does not
// stay for ever.
#pragma once
#include "compose/adapters.hpp"
#include "supervise/upkeep.hpp"

namespace update {

/// Due at the start of the process and after each end of an update. Tried again while somebody still runs an
/// older version: a helper on its way out, a watchdog that stands in for the next one.
class AsideSweep {
 public:
    explicit AsideSweep(Adapters& adapters) : adapters_{adapters} {}
    /// An update has ended.
    void call() { upkeep_.call(); }
    /// Only while no update is in progress: within one, what stepped aside may be the only whole file.
    void tend();

 private:
    Adapters& adapters_;
    Upkeep upkeep_;
};

}  // namespace update
