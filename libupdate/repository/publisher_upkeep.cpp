// What a timer does: sign again before it expires, and remove what nobody names any more.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "repository/publisher.hpp"
#include "trust/instant.hpp"
#include "trust/names.hpp"

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

/// Roles that the snapshot lists, without ".json".
std::vector<std::string> listed_roles(const Json& snapshot) {
    std::vector<std::string> roles;
    for (const auto& [file, entry] : *snapshot.find("meta")->object())
        roles.push_back(file.substr(0, file.size() - 5));
    return roles;
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
    for (const auto& role : listed_roles(edition.snapshot())) {
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

/// Adds the file names and targets of one edition's roles to what is kept.
Status Publisher::keep(Edition& edition, std::set<std::string>& files, std::set<Path>& targets) {
    files.insert(fmt::format("{}.snapshot.json", *edition.snapshot().find("version")->integer()));
    auto roles = listed_roles(edition.snapshot());
    for (const auto& [role, bytes] : edition.staged())
        if (role != "snapshot" && role != "timestamp") roles.push_back(role);
    for (const auto& role : roles) {
        UPDATE_TRY(document, edition.look(role), role);
        files.insert(tree_.file_of(role, *document->find("version")->integer()).filename().string());
        for (const auto& [target, entry] : *document->find("targets")->object())
            for (const auto& [algorithm, hash] : *entry.find("hashes")->object())
                targets.insert(tree_.target_file(target, *hash.text()));
    }
    return done();
}

Result<unsigned> Publisher::collect_garbage(std::chrono::hours age) {
    UPDATE_TRY(published, published_edition(), "gc");
    UPDATE_TRY(waiting, edition(), "gc");
    const auto oldest = (ports_.clock.wall() - age).time_since_epoch();
    std::set<std::string> files{"timestamp.json"};
    std::set<Path> targets;
    UPDATE_CHECK(keep(published, files, targets), "gc");
    UPDATE_CHECK(keep(waiting, files, targets), "gc");
    unsigned removed = 0;
    const auto remove_old = [&](const Path& path) -> Status {
        UPDATE_TRY(info, ports_.files.info(path), "gc");
        if (std::chrono::nanoseconds{info.changed_ns} > oldest) return done();
        ++removed;
        return ports_.files.remove(path);
    };
    UPDATE_TRY(names, ports_.files.list(tree_.metadata()), "gc");
    for (const auto& name : names)
        if (!files.contains(name) &&
            !name.ends_with(".root.json"))  // a client may be as old as the first root
            UPDATE_CHECK(remove_old(tree_.metadata() / name), "gc");
    std::vector<Path> folders{tree_.targets()};
    while (!folders.empty()) {
        const Path folder = std::move(folders.back());
        folders.pop_back();
        UPDATE_TRY(entries, ports_.files.list(folder), "gc");
        for (const auto& entry : entries) {
            UPDATE_TRY(info, ports_.files.info(folder / entry), "gc");
            if (info.kind == FileInfo::Kind::directory) folders.push_back(folder / entry);
            if (info.kind == FileInfo::Kind::file && !targets.contains(folder / entry))
                UPDATE_CHECK(remove_old(folder / entry), "gc");
        }
    }
    return removed;
}

}  // namespace update::repository
