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
    UPDATE_TRY(edition, edition(), "expiries");
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

Result<std::vector<RoleExpiry>> Publisher::resign(std::chrono::hours margin) {
    const auto limit = ports_.clock.wall() + margin;
    UPDATE_TRY(before, expiries(), "resign");
    UPDATE_TRY(edition, edition(), "resign");
    for (const RoleExpiry& role : before)
        if (role.expires < limit && role.role != "root") UPDATE_CHECK(edition.touch(role.role), "resign");
    UPDATE_CHECK(edition.commit(), "resign");
    UPDATE_TRY(after, expiries(), "resign");
    std::erase_if(after, [limit](const RoleExpiry& role) { return role.expires >= limit; });
    return after;
}

Result<unsigned> Publisher::collect_garbage(std::chrono::hours age) {
    UPDATE_TRY(edition, edition(), "gc");
    const auto oldest = (ports_.clock.wall() - age).time_since_epoch();
    std::set<std::string> files{"timestamp.json"};
    std::set<Path> targets;
    files.insert(fmt::format("{}.snapshot.json", *edition.snapshot().find("version")->integer()));
    for (const auto& role : listed_roles(edition.snapshot())) {
        UPDATE_TRY(document, edition.look(role), role);
        files.insert(tree_.file_of(role, *document->find("version")->integer()).filename().string());
        for (const auto& [target, entry] : *document->find("targets")->object())
            for (const auto& [algorithm, hash] : *entry.find("hashes")->object())
                targets.insert(tree_.target_file(target, *hash.text()));
    }
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
