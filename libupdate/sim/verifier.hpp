// Who vouches for a plan, asked of the product once for the same bytes.
#pragma once
#include "ports/verifier.hpp"
#include "sim/process.hpp"

namespace update::sim {

class World;

/// What was proven, for as long as the process lasts. The product's answer follows from these and nothing
/// else: nothing expires here, and no release has a security epoch. A refusal is not remembered.
struct Proven {
    Plan plan;
    std::string vouchers, root;
    bool operator==(const Proven&) const = default;
};

/// The product's verifier. A run asks it three times for the same, and so do a hundred thousand runs.
class SimVerifier final : public Verifier {
 public:
    SimVerifier(World& world, Process& p, Verifier& product) : world_{world}, p_{p}, product_{product} {}

 private:
    Status vouch(const Plan&, Expiry) override;

    World& world_;
    Process& p_;
    Verifier& product_;
};

}  // namespace update::sim
