// The doctor's look at [trust]: the root that was shipped, and what was fetched since.
#include <algorithm>
#include <fmt/format.h>

#include "compose/doctor.hpp"
#include "os/account.hpp"
#include "os/rights_command.hpp"
#include "releases/adopt_root.hpp"
#include "releases/trust_state.hpp"

namespace update::doctor {
namespace {

using Findings = std::vector<Diagnosis>;
constexpr std::uint32_t others = 0077;

/// @return may one go on to what was fetched?
bool look_at_root(Control& control, trust::LocalStore& store, Findings& findings) {
    const TrustSettings& settings = control.settings().trust;
    const std::string file = settings.root.string();
    Adapters& here = control.adapters();
    const auto shipped = shipped_root(here.files(), settings);
    if (!shipped) {
        findings.push_back({"trust", false, shipped.error().message(),
                            fmt::format("install the publisher's root.json as {}, readable for this account "
                                        "and writable for its owner only",
                                        file)});
        return false;
    }
    const auto newer = roots_after(here.cryptography(), store, *shipped);
    if (!newer) {
        findings.push_back({"trust", false, fmt::format("{}: {}", file, newer.error().message()),
                            "install the root.json that the publisher ships"});
        return false;
    }
    findings.push_back(
        {"trust", true,
         fmt::format("{} is a signed root; {} newer ones follow from it here", file, newer->size())});
    return true;
}

/// @return does it exist?
bool look_at_store(Control& control, const Path& folder, Findings& findings) {
    const auto info = control.adapters().files().info(folder);
    if (!info && info.error().code() == ErrorCode::not_found) {
        findings.push_back({"trust-store", true, "nothing was fetched yet; the first offer does that"});
        return false;
    }
    if (!info) {
        findings.push_back({"trust-store", false, info.error().message(), "see the message"});
        return false;
    }
    if (info->kind != FileInfo::Kind::directory) {
        findings.push_back({"trust-store", false, folder.string() + " is no folder", "remove it"});
        return false;
    }
    if (info->owner == current_account() && (info->mode & others) == 0) return true;
    findings.push_back(
        {"trust-store", false,
         fmt::format(
             "{} is open to others (owner {}, mode {:04o}), who could make it forget what was trusted",
             folder.string(), info->owner, info->mode),
         info->owner == current_account() ? rights_command::only_ours(folder)
                                          : rights_command::owner_is_this_account(folder)});
    return false;
}

std::string age_of(const StoredRole& role) {
    return role.days_to_expiry >= 0
               ? fmt::format("{} {} for {} days", role.name, role.version, role.days_to_expiry)
               : fmt::format("{} {} expired {} days ago", role.name, role.version, -role.days_to_expiry);
}

/// All but the root is short-lived and fetched again at each offer. A root that expired is renewed so, too,
/// but while that has not happened nothing can be vouched for.
void look_at_expiry(Control& control, trust::LocalStore& store, Findings& findings) {
    std::string all;
    for (const StoredRole& role : stored_roles(store, control.adapters().clock().wall())) {
        all += (all.empty() ? "" : ", ") + age_of(role);
        if (role.name == "root" && role.days_to_expiry < 0)
            return findings.push_back({"trust-store", false,
                                       age_of(role) + fmt::format(" ({})", role.expires),
                                       "correct the clock if it is wrong; else the publisher renews the "
                                       "root, and this endpoint has "
                                       "to reach one of trust.repositories"});
    }
    findings.push_back({"trust-store", true, all.empty() ? "holds no readable metadata yet" : all});
}

}  // namespace

void look_at_trust(Control& control, Findings& findings) {
    const TrustSettings& settings = control.settings().trust;
    if (settings.root.empty())
        return findings.push_back(
            {"trust", settings.mode == TrustMode::unsigned_,
             "no trust.root is configured: no signed release can be installed",
             settings.mode == TrustMode::unsigned_ ? "" : "set trust.root and trust.repositories"});
    if (auto allowed = control.readable(); !allowed)
        return findings.push_back({"trust", false, allowed.error().message(), "see the message"});
    Adapters& here = control.adapters();
    trust::LocalStore store{here.files(), here.cryptography(), control.layout().trust()};
    if (look_at_root(control, store, findings) && look_at_store(control, store.folder(), findings))
        look_at_expiry(control, store, findings);
}

}  // namespace update::doctor
