#include "compose/cancel_request.hpp"

#include <fmt/format.h>

#include "durable/durable.hpp"
#include "flow/cancelling.hpp"

namespace update {

Status cancellable(const std::optional<Record>& record, const std::string& update_id) {
    if (!record || record->update_id != update_id || is_terminal(record->progress.state))
        return Error{ErrorCode::not_found, fmt::format("update {} is not in progress", update_id)};
    const State state = record->progress.state;
    if (may_yet_be_cancelled(state)) return done();
    return Error{ErrorCode::refused,
                 fmt::format("update {} is {}, too late to cancel it: {}", update_id, row(state).name,
                             goes_forward(state)
                                 ? record->to_version + " has proved itself; a roll-back leads away from it"
                                 : "it is being given up already")};
}

Status wish_cancelled(Files& files, const Layout& layout, const std::optional<Record>& record,
                      const std::string& update_id) {
    UPDATE_CHECK(cancellable(record, update_id), "cancel");
    return write_durably(files, layout.cancel_request(), update_id);
}

std::optional<Signal> CancelRequest::look() {
    const auto wanted = read_text(files_, layout_.cancel_request(), 256);
    told_ = wanted && !told_;
    if (!told_) return std::nullopt;
    Signal cancelled{.kind = Signal::Kind::cancelled};
    cancelled.update_id = *wanted;
    return cancelled;
}

}  // namespace update
