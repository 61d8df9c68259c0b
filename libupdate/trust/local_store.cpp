#include "trust/local_store.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "trust/names.hpp"
#include "trust/verify.hpp"

namespace update::trust {
namespace {

constexpr std::size_t etag_bytes_max = 512;
constexpr std::string_view suffix = ".json", root_suffix = ".root.json";

std::optional<Version> version_of(std::string_view file) {
    if (!file.ends_with(root_suffix)) return std::nullopt;
    file.remove_suffix(root_suffix.size());
    Version version = 0;
    const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), version);
    if (error != std::errc{} || end != file.data() + file.size() || version < 1) return std::nullopt;
    return version;
}

}  // namespace

LocalStore::LocalStore(Files& files, Cryptography& crypto, Path folder)
    : files_{files}, crypto_{crypto}, folder_{std::move(folder)} {}

Path LocalStore::path_of(std::string_view role) const {
    return folder_ / (file_name(role, digest_of(crypto_, DigestKind::sha256, role)) + std::string{suffix});
}

Status LocalStore::establish(std::string_view root, Version version) {
    if (kept_root(version, root.size()) != root) UPDATE_CHECK(reset(), "begin with another root");
    return write_root(version, root);
}

Status LocalStore::keep_only(const std::set<std::string>& roles) {
    std::set<Path> kept;
    for (const auto role : top_roles) kept.insert(path_of(name(role)));
    for (const std::string& role : roles) kept.insert(path_of(role));
    UPDATE_TRY(names, files_.list(folder_), "unused metadata");
    for (const std::string& file : names)
        if (file.ends_with(suffix) && !kept.contains(folder_ / file))
            UPDATE_CHECK(files_.remove(folder_ / file), "unused metadata");
    return done();
}

Status LocalStore::reset() {
    UPDATE_TRY(names, files_.list(folder_), "reset trust");
    for (const std::string& name : names)
        if (name.ends_with(suffix)) UPDATE_CHECK(files_.remove(folder_ / name), "reset trust");
    for (const auto* name : {"floor", "etag"}) UPDATE_CHECK(files_.remove(folder_ / name), "reset trust");
    UPDATE_CHECK(remove_tree(files_, folder_ / "roots"), "reset trust");
    last_floor_.reset();
    return files_.flush_directory(folder_);
}

std::optional<std::string> LocalStore::read(std::string_view role, std::size_t max_bytes) {
    auto text = read_text(files_, path_of(role), max_bytes);
    return text ? std::optional{std::move(*text)} : std::nullopt;
}

Status LocalStore::write(std::string_view role, std::string_view bytes) {
    return replace_in_cache(files_, path_of(role), bytes);
}

Status LocalStore::write_root(Version version, std::string_view bytes) {
    UPDATE_CHECK(files_.make_private_directory(folder_ / "roots"), "root history");
    UPDATE_CHECK(
        replace_durably(files_, folder_ / "roots" / fmt::format("{}{}", version, root_suffix), bytes),
        "root history");
    return replace_durably(files_, path_of("root"), bytes);
}

std::vector<Version> LocalStore::kept_roots() {
    std::vector<Version> versions;
    if (const auto names = files_.list(folder_ / "roots"))
        for (const std::string& name : *names)
            if (const auto version = version_of(name)) versions.push_back(*version);
    std::ranges::sort(versions, std::greater{});
    return versions;
}

std::optional<std::string> LocalStore::kept_root(Version version, std::size_t max_bytes) {
    auto text = read_text(files_, folder_ / "roots" / fmt::format("{}{}", version, root_suffix), max_bytes);
    return text ? std::optional{std::move(*text)} : std::nullopt;
}

std::string LocalStore::etag() {
    auto text = read_text(files_, folder_ / "etag", etag_bytes_max);
    return text ? std::move(*text) : std::string{};
}

Status LocalStore::write_etag(const std::string& etag) {
    if (etag == this->etag()) return done();
    if (etag.empty() || etag.size() > etag_bytes_max) return files_.remove(folder_ / "etag");
    return replace_in_cache(files_, folder_ / "etag", etag);
}

Floor LocalStore::floor() {
    const auto text = read_text(files_, folder_ / "floor", floor_bytes_max);
    auto floor = text ? parse_floor(*text) : Result<Floor>{Floor{}};
    last_floor_ = floor ? std::move(*floor) : Floor{};
    return *last_floor_;
}

Status LocalStore::write_floor(const Floor& floor) {
    if (last_floor_ == floor) return done();
    UPDATE_CHECK(replace_durably(files_, folder_ / "floor", to_json(floor)), "rollback floor");
    last_floor_ = floor;
    return done();
}

}  // namespace update::trust
