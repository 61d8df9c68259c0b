// Who vouches for a plan, found out anew from the shipped root on: by the agent, the watchdog and the helper,
// each for itself.
#pragma once
#include <optional>
#include <string>

#include <update/settings.hpp>

#include "layout/layout.hpp"
#include "policy/executable.hpp"
#include "policy/release.hpp"
#include "ports/clock.hpp"
#include "ports/cryptography.hpp"
#include "ports/files.hpp"
#include "ports/verifier.hpp"

namespace update {

/// Of one thread at a time.
class SignedVerifier final : public Verifier {
 public:
    SignedVerifier(const Settings&, const Layout&, const Machine&, Files&, Clock&, Cryptography&);

 private:
    /// By these very bytes. A process that has found it out once looks that they are the same; what may have
    /// changed meanwhile beside them (dates, a committed epoch, a used permit) is judged each time.
    struct Proof {
        Plan plan;
        std::string evidence;  ///< digests of the shipped root and of the signed files
        bool operator==(const Proof&) const = default;
    };

    Status vouch(const Plan&, Expiry) override;
    Status by_signatures(const Plan&, Expiry);
    Status by_what_was_kept(const Plan&);
    Status by_the_operator(const Plan&);
    Status check_epoch(const Plan&);
    Status check_permit(const Plan&, const ReleaseList&, WallTime now);

    const Settings& settings_;
    const Layout& layout_;
    const Machine& machine_;
    Files& files_;
    Clock& clock_;
    Cryptography& crypto_;
    std::optional<Proof> proven_;
};

}  // namespace update
