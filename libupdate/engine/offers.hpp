// What the server offers, until somebody begins with it. Pure.
#pragma once
#include <deque>
#include <optional>
#include <string>

#include <update/selection.hpp>

namespace update {

struct Offer {
    Selection selection;
    bool has_ended = false;  ///< to be told again, not to be begun
};

/// A server repeats an offer until it has the outcome, so an offer and the outcome of the same update can
/// cross: by the time that it is looked at, the outcome may be confirmed and gone, and the update would begin
/// once more. What an offer means is decided as it arrives. Used by one thread at a time.
class Offers {
 public:
    /// The same update again, or more than a server ever has open, says nothing new.
    /// @param has_ended  its outcome lies here and waits for the server
    void take(const Selection& selection, bool has_ended);
    /// The oldest one; it is under way until `over`.
    std::optional<Offer> next();
    void over() { under_way_.clear(); }
    bool empty() const { return waiting_.empty(); }

 private:
    bool is_known(const std::string& update_id) const;

    std::deque<Offer> waiting_;
    std::string under_way_;
};

}  // namespace update
