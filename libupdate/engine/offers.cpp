#include "engine/offers.hpp"

#include <algorithm>

namespace update {

constexpr std::size_t waiting_max = 8;

bool Offers::is_known(const std::string& update_id) const {
    return update_id == under_way_ || std::ranges::any_of(waiting_, [&](const Offer& waiting) {
               return waiting.selection.update_id == update_id;
           });
}

void Offers::take(const Selection& selection, bool has_ended) {
    if (is_known(selection.update_id) || waiting_.size() >= waiting_max) return;
    waiting_.push_back({selection, has_ended});
}

std::optional<Offer> Offers::next() {
    if (waiting_.empty()) return std::nullopt;
    Offer first = std::move(waiting_.front());
    waiting_.pop_front();
    under_way_ = first.selection.update_id;
    return first;
}

}  // namespace update
