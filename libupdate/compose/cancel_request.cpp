#include "compose/cancel_request.hpp"

#include "durable/durable.hpp"

namespace update {

std::optional<Signal> CancelRequest::look() {
    const auto wanted = read_text(files_, layout_.cancel_request(), 256);
    told_ = wanted && !told_;
    if (!told_) return std::nullopt;
    Signal cancelled{.kind = Signal::Kind::cancelled};
    cancelled.update_id = *wanted;
    return cancelled;
}

}  // namespace update
