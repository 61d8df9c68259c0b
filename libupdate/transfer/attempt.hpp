// One connection to one mirror, or one local copy.
#pragma once
#include <optional>

#include "transfer/fetch.hpp"
#include "transfer/origin.hpp"
#include "transfer/partial_file.hpp"
#include "transfer/watch.hpp"

namespace update {

/// What the attempts of one fetch share. Invariant between attempts: everything received is in the file, and
/// a file that is not empty has its origin on disk.
struct FetchState {
    const FetchOrder& order;
    TransferPorts ports;
    Watch watch;
    ProgressReport report;
    PartialFile file;
    std::optional<Origin> origin;
    std::uint64_t network_bytes = 0;

    TransferProgress progress() const {
        return {order.n, file.size(), order.artifact.size_bytes, network_bytes};
    }
    void count(std::uint64_t received_bytes) {
        network_bytes += received_bytes;
        if (order.received_bytes != nullptr) *order.received_bytes += received_bytes;
    }
    Path partial_path() const { return order.layout.partial(order.update_id, order.n); }
    Path origin_path() const { return order.layout.partial_origin(order.update_id, order.n); }
    /// Where the bytes held come from, durably, before the first of them is written.
    Status record_origin(Origin);
};

enum class Next : std::uint8_t {
    complete,       ///< all bytes are there, their digest unchecked
    at_once,        ///< ask the same mirror again, now from the first byte
    later,          ///< passing trouble
    wrong_content,  ///< the mirror has something else; the bytes are thrown away
    skip,           ///< this mirror will not give it
    give_up,        ///< no mirror can help: cancelled, time is up, or the disk
};
struct AttemptEnd {
    Next next = Next::complete;
    std::optional<Error> cause;  ///< present unless complete
    std::optional<std::chrono::seconds> retry_after;
};

AttemptEnd attempt(FetchState&, const std::string& url);

}  // namespace update
