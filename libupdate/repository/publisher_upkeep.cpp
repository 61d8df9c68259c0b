// What a timer does: sign again before it expires.
#include <algorithm>
#include <fmt/format.h>

#include "repository/publisher.hpp"
#include "trust/instant.hpp"

namespace update::repository {
namespace {

Result<RoleExpiry> expiry_of(const std::string& role, const Json& document) {
    const Json* version = document.find("version");
    const Json* expires = document.find("expires");
    const auto date =
        expires != nullptr && expires->text() != nullptr ? trust::parse_date(*expires->text()) : std::nullopt;
    if (!date || version == nullptr || version->integer() == nullptr)
        return Error{ErrorCode::corrupt, role + " has no version and date"};
    return RoleExpiry{role, *version->integer(), *date};
}

}  // namespace

Result<std::vector<RoleExpiry>> Publisher::expiries() {
    UPDATE_TRY(edition, published_edition(), "expiries");
    UPDATE_TRY(root, root_document(), "expiries");
    std::vector<RoleExpiry> found;
    const auto take = [&found](const std::string& role, const Json& document) -> Status {
        UPDATE_TRY(expiry, expiry_of(role, document), "expiries");
        found.push_back(expiry);
        return done();
    };
    UPDATE_CHECK(take("root", root), "root");
    UPDATE_CHECK(take("timestamp", edition.timestamp()), "timestamp");
    UPDATE_CHECK(take("snapshot", edition.snapshot()), "snapshot");
    for (const auto& role : edition.listed_roles()) {
        UPDATE_TRY(document, edition.look(role), role);
        UPDATE_CHECK(take(role, *document), role);
    }
    std::ranges::stable_sort(found, {}, &RoleExpiry::expires);
    return found;
}

/// What can be signed here is published; what cannot begins to wait for those who can, unless it waits
/// already.
Result<std::vector<RoleExpiry>> Publisher::resign(std::chrono::hours margin) {
    // In metadata's whole seconds: what is signed now with a lifetime of `margin` does not expire within it.
    const auto limit = std::chrono::floor<std::chrono::seconds>(ports_.clock.wall()) + margin;
    UPDATE_TRY(before, expiries(), "resign");
    UPDATE_TRY(now, published_edition(), "resign");
    UPDATE_TRY(later, edition(), "resign");
    const StagedFiles waiting = later.staged();
    bool is_more_to_sign = false;
    for (const RoleExpiry& role : before) {
        if (role.expires >= limit || role.role == "root" || waiting.contains(role.role)) continue;
        UPDATE_TRY(here, now.can_sign(role.role), "resign");
        is_more_to_sign = is_more_to_sign || !here;
        if (here) UPDATE_CHECK(now.touch(role.role), "resign");
    }
    UPDATE_TRY(waits, now.commit(), "resign");
    if (!waits.empty() && waiting.empty())
        UPDATE_CHECK(write_staged(ports_.files, folder_ / staged_edition_name, now.staged()), "resign");
    if (is_more_to_sign && waits.empty()) {
        UPDATE_TRY(rest, edition(), "resign");
        for (const RoleExpiry& role : before)
            if (role.expires < limit && role.role != "root" && !waiting.contains(role.role)) {
                UPDATE_TRY(here, rest.can_sign(role.role), "resign");
                if (!here) UPDATE_CHECK(rest.touch(role.role), "resign");
            }
        UPDATE_CHECK(commit(rest), "resign");
    }
    UPDATE_TRY(after, expiries(), "resign");
    std::erase_if(after, [limit](const RoleExpiry& role) { return role.expires >= limit; });
    return after;
}

}  // namespace update::repository
