// The proof that somebody vouches for what is about to be installed. Staging, verification and installation
// accept only this proof (security rule R5), and each process that acts makes its own, whoever asked it (R7).
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <update/plan.hpp>

namespace update {

/// One artifact of a plan, as it was vouched for. Only a Verifier makes one.
class VerifiedArtifact {
 public:
    const Artifact& artifact() const { return artifact_; }
    std::size_t index() const { return index_; }  ///< its place in the plan

 private:
    friend class Verifier;
    VerifiedArtifact(Artifact artifact, std::size_t index) : artifact_{std::move(artifact)}, index_{index} {}

    Artifact artifact_;
    std::size_t index_;
};
/// All of a plan, in its order.
using VerifiedArtifacts = std::vector<VerifiedArtifact>;

/// Is what vouches still valid? Asked before anything is touched; what has begun is not stopped by a date.
enum class Expiry : std::uint8_t { judged, passed_over };

class Verifier {
 public:
    virtual ~Verifier() = default;

    /// Uses no network: what vouches for an update lies beside its plan.
    /// @return `refused`, `corrupt` or `not_found` when nobody vouches for exactly this plan (class and cure
    /// in the message): do not install it; other codes when the disk is in the way
    Result<VerifiedArtifacts> prove(const Plan& plan, Expiry expiry) {
        if (auto vouched = vouch(plan, expiry); !vouched) return std::move(vouched).error();
        VerifiedArtifacts all;
        for (const Artifact& artifact : plan.artifacts) all.push_back(VerifiedArtifact{artifact, all.size()});
        return all;
    }

 private:
    virtual Status vouch(const Plan&, Expiry) = 0;
};

}  // namespace update
