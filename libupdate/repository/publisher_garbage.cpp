// What nobody names any more is removed when it has not been named for long enough.
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "durable/durable.hpp"
#include "repository/sweep.hpp"

namespace update::repository {
namespace {

constexpr const char* unnamed_name = "unnamed.json";

/// Only a memory: what cannot be read begins anew, and files stay longer.
Since read_since(Files& files, const Path& file) {
    Since since;
    const auto text = read_text(files, file, metadata_bytes_max);
    const auto json = text ? trust::parse_json(*text, metadata_bytes_max) : Result<Json>{Json{}};
    if (json && json->object() != nullptr)
        for (const auto& [path, seconds] : *json->object())
            if (seconds.integer() != nullptr) since[path] = *seconds.integer();
    return since;
}

Status write_since(Files& files, const Path& file, const Since& since) {
    if (since.empty()) return files.remove(file);
    Json::Object entries;
    for (const auto& [path, seconds] : since) entries.push_back({path, Json{seconds}});
    return write_durably(files, file, trust::indented(Json{std::move(entries)}));
}

}  // namespace

/// Adds the files and targets of one edition's roles to what is kept.
Status Publisher::keep(Edition& edition, std::set<Path>& named) {
    named.insert(tree_.file_of("snapshot", *edition.snapshot().find("version")->integer()));
    auto roles = edition.listed_roles();
    for (const auto& [role, bytes] : edition.staged())
        if (role != "snapshot" && role != "timestamp") roles.push_back(role);
    for (const auto& role : roles) {
        UPDATE_TRY(document, edition.look(role), role);
        named.insert(tree_.file_of(role, *document->find("version")->integer()));
        for (const auto& [target, entry] : *document->find("targets")->object())
            for (const auto& [algorithm, hash] : *entry.find("hashes")->object())
                named.insert(tree_.target_file(target, *hash.text()));
    }
    return done();
}

Result<std::vector<Path>> Publisher::unnamed_files(const std::set<Path>& named) {
    std::vector<Path> unnamed, folders{tree_.metadata(), tree_.targets()};
    while (!folders.empty()) {
        const Path folder = std::move(folders.back());
        folders.pop_back();
        UPDATE_TRY(entries, ports_.files.list(folder), "gc");
        for (const auto& entry : entries) {
            if (entry.ends_with(".root.json")) continue;  // a client may be as old as the first root
            UPDATE_TRY(info, ports_.files.info(folder / entry), "gc");
            if (info.kind == FileInfo::Kind::directory) folders.push_back(folder / entry);
            if (info.kind == FileInfo::Kind::file && !named.contains(folder / entry))
                unnamed.push_back(folder / entry);
        }
    }
    return unnamed;
}

Result<Publisher::Garbage> Publisher::collect_garbage(const GarbageAge& age) {
    UPDATE_TRY(published, published_edition(), "gc");
    UPDATE_TRY(waiting, edition(), "gc");
    std::set<Path> named{tree_.file_of("timestamp", std::nullopt)};
    UPDATE_CHECK(keep(published, named), "gc");
    UPDATE_CHECK(keep(waiting, named), "gc");
    UPDATE_TRY(unnamed, unnamed_files(named), "gc");
    UPDATE_TRY(lists, published_lists(published), "gc");
    Sweep sweep{ports_.files, ports_.clock.wall(), read_since(ports_.files, folder_ / unnamed_name)};
    for (const Path& path : unnamed)
        UPDATE_CHECK(sweep.take(path, path.lexically_relative(public_folder()).generic_string(), age.unnamed),
                     "gc");
    UPDATE_CHECK(sweep_drafts(sweep, lists, age), "gc");
    UPDATE_CHECK(write_since(ports_.files, folder_ / unnamed_name, sweep.since()), "gc");
    return sweep.garbage();
}

}  // namespace update::repository
