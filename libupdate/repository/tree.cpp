#include "repository/tree.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "base/grammar.hpp"
#include "durable/durable.hpp"
#include "trust/names.hpp"

namespace update::repository {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

Status copy_bytes(Files& files, const Path& from, File& to) {
    UPDATE_TRY(source, files.open(from, OpenMode::read), "copy");
    std::vector<std::byte> block(block_bytes);
    for (std::uint64_t at = 0;;) {
        UPDATE_TRY(count, source->read(at, block), "copy");
        if (count == 0) return done();
        UPDATE_CHECK(to.write(at, std::span{block}.first(count)), "copy");
        at += count;
    }
}

Path temporary_of(const Path& path) { return path.parent_path() / ("." + path.filename().string() + ".tmp"); }

}  // namespace

Path Tree::file_of(std::string_view role, std::optional<Version> version) const {
    const auto prefix = version ? fmt::format("{}.", *version) : std::string{};
    // A web server decodes what clients ask for: on disk lies the name itself, where it is one.
    const auto name = is_plain_name(role) ? std::string{role} : trust::percent_encoded(role);
    return metadata() / fmt::format("{}{}.json", prefix, name);
}

Path Tree::target_file(std::string_view target, std::string_view hash) const {
    const auto name = target.rfind('/') + 1;  // 0 when there is none
    return targets() / target.substr(0, name) / fmt::format("{}.{}", hash, target.substr(name));
}

Result<Version> Tree::root_version() {
    const auto names = files_.list(metadata());
    if (!names && names.error().code() == ErrorCode::not_found) return Version{0};
    if (!names) return names.error();
    Version newest = 0;
    for (const std::string& name : *names) {
        Version version = 0;
        const auto end = std::from_chars(name.data(), name.data() + name.size(), version).ptr;
        if (std::string_view{end, name.data() + name.size()} == ".root.json")
            newest = std::max(newest, version);
    }
    return newest;
}

Result<std::string> Tree::read_bytes(std::string_view role, std::optional<Version> version) {
    return read_text(files_, file_of(role, version), metadata_bytes_max);
}

Result<Json> Tree::read(std::string_view role, std::optional<Version> version) {
    UPDATE_TRY(text, read_bytes(role, version), "published tree");
    auto json = trust::parse_json(text, metadata_bytes_max);
    if (!json) return std::move(json).error().in(file_of(role, version).string());
    return json;
}

/// A web server of another account must be able to read it from the moment on at which the name is there.
Status Tree::write_readable(const Path& path, std::string_view bytes) {
    const Path temporary = temporary_of(path);
    UPDATE_CHECK(files_.remove(temporary), "publish");
    UPDATE_TRY(file, files_.open(temporary, OpenMode::create_new), "publish");
    UPDATE_CHECK(file->write(0, std::as_bytes(std::span{bytes})), "publish");
    UPDATE_CHECK(file->set_mode(0644), "publish");
    UPDATE_CHECK(file->flush(), "publish");
    UPDATE_CHECK(files_.rename(temporary, path), "publish");
    return files_.flush_directory(path.parent_path());
}

Status Tree::copy_readable(const Path& from, const Path& to) {
    const Path temporary = temporary_of(to);
    UPDATE_CHECK(files_.remove(temporary), "publish");
    UPDATE_TRY(file, files_.open(temporary, OpenMode::create_new), "publish");
    UPDATE_CHECK(copy_bytes(files_, from, *file), "publish");
    UPDATE_CHECK(file->set_mode(0644), "publish");
    UPDATE_CHECK(file->flush(), "publish");
    UPDATE_CHECK(files_.rename(temporary, to), "publish");
    return files_.flush_directory(to.parent_path());
}

Status Tree::write(std::string_view role, std::optional<Version> version, std::string_view bytes) {
    return write_readable(file_of(role, version), bytes);
}

Status Tree::prepare() {
    for (const Path& folder : {folder_, metadata(), targets()})
        UPDATE_CHECK(folders_.make(folder), "published tree");
    return files_.flush_directory(folder_);
}

Status Tree::prepare_folder_of(const Path& target_file) {
    Path folder = targets();
    for (const Path& part : target_file.parent_path().lexically_relative(targets())) {
        if (part == ".") continue;
        folder /= part;
        UPDATE_CHECK(folders_.make(folder), "published tree");
        UPDATE_CHECK(files_.flush_directory(folder.parent_path()), "published tree");
    }
    return done();
}

Status Tree::put_target(const Path& from, std::string_view target, std::string_view hash) {
    const Path to = target_file(target, hash);
    UPDATE_TRY(there, exists(files_, to), "publish");
    if (there) return done();  // the name is the content
    UPDATE_CHECK(prepare_folder_of(to), "publish");
    return copy_readable(from, to);
}

Status Tree::put_target_bytes(std::string_view bytes, std::string_view target, std::string_view hash) {
    const Path to = target_file(target, hash);
    UPDATE_CHECK(prepare_folder_of(to), "publish");
    return write_readable(to, bytes);
}

}  // namespace update::repository
