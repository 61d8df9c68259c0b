#include "releases/signed_verifier.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "journal/policy_file.hpp"
#include "policy/choice.hpp"
#include "releases/adopt_root.hpp"
#include "releases/plan_of.hpp"
#include "releases/signed_releases.hpp"
#include "transfer/source_url.hpp"
#include "trust/local_store.hpp"
#include "trust/trouble.hpp"
#include "trust/verify.hpp"

namespace update {
namespace {

using trust::Trouble, trust::trouble;

}  // namespace

SignedVerifier::SignedVerifier(const Settings& settings, const Layout& layout, const Machine& machine,
                               Files& files, Clock& clock, Cryptography& crypto)
    : settings_{settings},
      layout_{layout},
      machine_{machine},
      files_{files},
      clock_{clock},
      crypto_{crypto} {}

Status SignedVerifier::vouch(const Plan& plan, Expiry expiry) {
    switch (plan.vouched_by) {
        case VouchedBy::publisher:
            return by_signatures(plan, expiry);
        case VouchedBy::endpoint:
            return by_what_was_kept(plan);
        case VouchedBy::operator_:
            return by_the_operator(plan);
    }
    return trouble(Trouble::local, "nobody vouches for this plan");
}

Status SignedVerifier::by_signatures(const Plan& plan, Expiry expiry) {
    if (plan.product != settings_.product)
        return trouble(Trouble::tampered,
                       fmt::format("the plan is for {}, not for {}", plan.product, settings_.product));
    auto text = read_text(files_, layout_.vouchers(plan.update_id), max_vouchers_bytes);
    if (!text && text.error().code() == ErrorCode::not_found)
        return trouble(Trouble::tampered, "no signed file lies beside the plan");
    if (!text) return std::move(text).error();
    UPDATE_TRY(shipped, shipped_root(files_, settings_.trust), "trust");
    Proof proof{plan, trust::digest_of(crypto_, DigestKind::sha256, shipped) +
                          trust::digest_of(crypto_, DigestKind::sha256, *text)};
    if (expiry == Expiry::passed_over && proven_ == proof)
        return plan.permit.empty() ? check_epoch(plan) : done();
    const auto vouchers = parse_vouchers(*text);
    if (!vouchers) return trouble(Trouble::tampered, vouchers.error().message());
    const auto& roles = vouchers->roles;
    const RoleBytes role = [&roles](const std::string& name) {
        const auto found = roles.find(name);
        return found != roles.end() ? std::optional{found->second} : std::nullopt;
    };
    trust::Time time;
    if (expiry == Expiry::judged)
        time = {clock_.wall(), clock_.built_at(),
                trust::LocalStore{files_, crypto_, layout_.trust()}.floor().time};
    UPDATE_TRY(releases,
               SignedReleases::read(crypto_, time, {shipped, vouchers->roots, role, vouchers->list},
                                    settings_.product, plan.channel),
               "signed release");
    UPDATE_CHECK(is_plan_of(plan, releases.list(), machine_), "plan");
    UPDATE_CHECK(releases.check(*release_named(releases.list(), plan.version), role), "plan");
    proven_ = std::move(proof);
    if (plan.permit.empty()) return check_epoch(plan);
    if (expiry != Expiry::judged) return done();  // it is used up with the commit, before the end
    return check_permit(plan, releases.list(), time.effective());
}

/// That somebody signed it, `is_plan_of` has seen.
Status SignedVerifier::check_permit(const Plan& plan, const ReleaseList& list, WallTime now) {
    UPDATE_TRY(memory, load_policy_memory(files_, layout_), "permit");
    if (std::ranges::count(memory.used_permits, plan.permit) != 0)
        return trouble(Trouble::rollback, fmt::format("the permit {} is used up", plan.permit));
    const bool valid = std::ranges::any_of(list.permits, [&](const Permit& permit) {
        return permit.id == plan.permit && is_valid(permit, settings_.agent_id, now);
    });
    if (valid) return done();
    return trouble(Trouble::rollback,
                   fmt::format("the permit {} is over, or meant for another endpoint", plan.permit));
}

/// A release that was signed before a hole was closed is signed still.
Status SignedVerifier::check_epoch(const Plan& plan) {
    UPDATE_TRY(memory, load_policy_memory(files_, layout_), "security epoch");
    if (plan.epoch >= memory.epoch) return done();
    return trouble(Trouble::rollback,
                   fmt::format("security epoch {} of {} is below {}, which was committed here", plan.epoch,
                               plan.version, memory.epoch));
}

/// What an update left here had been installed before it: its proof is that only this account writes to the
/// folder. No metadata is asked, so nothing of it can keep an endpoint from the way back.
Status SignedVerifier::by_what_was_kept(const Plan& plan) {
    auto text = read_text(files_, layout_.previous() / "plan.json", max_plan_json_bytes);
    if (!text) return std::move(text).error().in("what is kept of the previous version");
    auto kept = parse_plan(*text);
    if (!kept) return trouble(Trouble::tampered, kept.error().message());
    kept->update_id = plan.update_id;
    kept->vouched_by = plan.vouched_by;  // one from before signed updates does not say it
    if (*kept != plan)
        return trouble(Trouble::tampered, "the plan is not that of the previous version that is kept here");
    for (std::size_t n = 0; n < plan.artifacts.size(); ++n)
        for (const std::string& url : plan.artifacts[n].urls) {
            const Path file = layout_.previous() / Path{url}.filename();
            const auto named = path_of_file_url(url);
            if (!is_file_url(url) || !named || *named != file)
                return trouble(Trouble::tampered, "a kept version names files elsewhere: " + url);
            UPDATE_TRY(info, files_.info(file), "what is kept of the previous version");
            if (info.kind != FileInfo::Kind::file)
                return trouble(Trouble::tampered, file.string() + " is no file");
        }
    return done();
}

Status SignedVerifier::by_the_operator(const Plan& plan) {
    if (settings_.trust.mode != TrustMode::unsigned_)
        return trouble(
            Trouble::local,
            "nobody signed it: publish it with updatectl repo, or set trust.mode = \"unsigned\" on a "
            "machine for development");
    for (const Artifact& artifact : plan.artifacts)
        for (const std::string& url : artifact.urls)
            if (!is_file_url(url))
                return trouble(Trouble::local, "unsigned files must lie on this machine: " + url);
    return done();
}

}  // namespace update
