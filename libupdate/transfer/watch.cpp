#include "transfer/watch.hpp"

namespace update {

Status Watch::look() { return wait(clock_.now()); }

Status Watch::wait(Instant until) {
    if (until >= deadline_)
        return Error{ErrorCode::timed_out, "the total time limit of the download has passed"};
    for (;;) {
        const auto signal = channel_.wait(until);
        if (signal.kind == Signal::Kind::cancelled && signal.update_id == update_id_)
            return Error{ErrorCode::cancelled, "cancelled"};
        if (signal.kind == Signal::Kind::stopping)
            return Error{ErrorCode::cancelled, "this process has to end"};
        // Other signals are not for a download; whoever sent them is answered from what the engine does next.
        if (signal.kind == Signal::Kind::deadline) return done();
    }
}

}  // namespace update
