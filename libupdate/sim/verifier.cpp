#include "sim/verifier.hpp"

#include <algorithm>

#include "sim/world.hpp"

namespace update::sim {

Status SimVerifier::vouch(const Plan& plan, Expiry expiry) {
    auto& known = world_.scenario.repository->proven;
    const NodePtr vouchers = world_.disk.find(world_.layout.vouchers(plan.update_id).generic_string()),
                  root = world_.disk.find(world_.settings.trust.root.generic_string());
    const bool publisher = plan.vouched_by == VouchedBy::publisher;
    const auto is_this = [&](const Proven& p) {
        return p.vouchers == vouchers->bytes && p.root == root->bytes && p.plan == plan;
    };
    if (publisher && vouchers && root && std::ranges::any_of(known, is_this)) return world_.reading(p_);
    auto proven = product_.prove(plan, expiry);
    if (!proven) return std::move(proven).error();
    if (publisher && vouchers && root) known.push_back({plan, vouchers->bytes, root->bytes});
    return done();
}

}  // namespace update::sim
