// Who vouches for a plan, found out anew from the shipped root on: by the agent, the watchdog and the helper,
// each for itself.
#pragma once
#include <update/settings.hpp>

#include "layout/layout.hpp"
#include "policy/executable.hpp"
#include "policy/release.hpp"
#include "ports/clock.hpp"
#include "ports/cryptography.hpp"
#include "ports/files.hpp"
#include "ports/verifier.hpp"

namespace update {

class SignedVerifier final : public Verifier {
 public:
    SignedVerifier(const Settings&, const Layout&, const Machine&, Files&, Clock&, Cryptography&);

 private:
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
};

}  // namespace update
