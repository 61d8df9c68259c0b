#pragma once
#include <chrono>
#include <optional>
#include <string>

#include <update/result.hpp>

#include "journal/record.hpp"
#include "layout/layout.hpp"
#include "ports/channel.hpp"
#include "ports/files.hpp"

namespace update {

/// Can a wish to cancel still turn this update back?
/// @param record  the newest of the journal
/// @return `not_found` when it is not in progress; `refused` when no state is left that accepts it, with what
/// it is about
Status cancellable(const std::optional<Record>& record, const std::string& update_id);

/// Writes the wish where that holds; the owner of the update looks for it, whoever that is. An update that
/// leaves its last such state at the same moment does not hear it, and no other one does.
Status wish_cancelled(Files&, const Layout&, const std::optional<Record>& record,
                      const std::string& update_id);

/// The wish on disk to cancel an update, as a channel tells it to the engine. One thread.
class CancelRequest {
 public:
    /// Whoever waits for signals looks so often.
    static constexpr std::chrono::milliseconds look_period{200};

    CancelRequest(Files& files, const Layout& layout) : files_{files}, layout_{layout} {}

    /// The wish, at every other look: a reader that takes all signals until none is left comes to an end,
    /// and one that was busy with something else hears of it again.
    std::optional<Signal> look();

 private:
    Files& files_;
    const Layout& layout_;
    bool told_ = false;
};

}  // namespace update
