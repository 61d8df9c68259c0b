#include "durable/durable.hpp"

#include <fmt/format.h>

namespace update {
namespace {

/// Digests every byte of `file`, and gives it to `sink` as well, in order.
template <class Sink>
Result<Sha256> digest_of(File& file, Hashing& hashing, Sink&& sink) {
    const auto digest = hashing.sha256();
    for (std::uint64_t at = 0;;) {
        const auto block = digest->block();
        UPDATE_TRY(count, file.read(at, block), fmt::format("read at {}", at));
        if (count == 0) return digest->finish();
        digest->take(count);
        UPDATE_CHECK(sink(at, std::span<const std::byte>{block.first(count)}), "handle block");
        at += count;
    }
}

}  // namespace

Result<std::string> read_text(Files& files, const Path& path, std::size_t max_bytes) {
    UPDATE_TRY(file, files.open(path, OpenMode::read), fmt::format("read {}", path.string()));
    UPDATE_TRY(info, file->info(), fmt::format("read {}", path.string()));
    if (info.size_bytes > max_bytes)
        return Error{ErrorCode::corrupt, fmt::format("read {}: {} bytes, at most {} expected", path.string(),
                                                     info.size_bytes, max_bytes)};
    std::string text(info.size_bytes, '\0');
    std::size_t got = 0;
    while (got < text.size()) {
        UPDATE_TRY(count, file->read(got, std::as_writable_bytes(std::span{text}).subspan(got)),
                   fmt::format("read {}", path.string()));
        if (count == 0) break;
        got += count;
    }
    text.resize(got);
    return text;
}

namespace {

enum class Flush : std::uint8_t { no, yes };

Status write_new(Files& files, const Path& path, std::string_view text, Flush flush) {
    UPDATE_TRY(file, files.open(path, OpenMode::create_new), "create");
    UPDATE_CHECK(file->write(0, std::as_bytes(std::span{text})), "write");
    return flush == Flush::yes ? file->flush() : done();
}

Status write_whole(Files& files, const Path& path, std::string_view text, Flush flush) {
    const Path temporary = temporary_of(path);
    const auto context = [&path] { return fmt::format("write {}", path.string()); };
    UPDATE_CHECK(files.remove(temporary), context());
    auto written = write_new(files, temporary, text, flush);
    if (written) written = files.rename(temporary, path);
    if (!written) {
        (void)files.remove(temporary);  // on a full volume it would only take room
        return std::move(written).error().in(context());
    }
    if (flush == Flush::yes) UPDATE_CHECK(files.flush_directory(path.parent_path()), context());
    return done();
}

Status remove_what_is_no_file(Files& files, const Path& path) {
    const auto there = files.info(path);
    if (there && there->kind != FileInfo::Kind::file)
        UPDATE_CHECK(files.remove(path), "what lies in the place of " + path.string());
    return done();
}

}  // namespace

Path temporary_of(const Path& path) { return path.parent_path() / ("." + path.filename().string() + ".tmp"); }

Status write_durably(Files& files, const Path& path, std::string_view text) {
    return write_whole(files, path, text, Flush::yes);
}

Status replace_durably(Files& files, const Path& path, std::string_view text) {
    UPDATE_CHECK(remove_what_is_no_file(files, path), "replace");
    return write_whole(files, path, text, Flush::yes);
}

Status replace_in_cache(Files& files, const Path& path, std::string_view text) {
    UPDATE_CHECK(remove_what_is_no_file(files, path), "replace");
    return write_whole(files, path, text, Flush::no);
}

Result<Sha256> copy_durably(Files& files, Hashing& hashing, const Path& from, const Path& to) {
    const auto context = [&] { return fmt::format("copy {} to {}", from.string(), to.string()); };
    UPDATE_TRY(source, files.open(from, OpenMode::read), context());
    UPDATE_TRY(target, files.open(to, OpenMode::create_new), context());
    UPDATE_TRY(digest,
               digest_of(*source, hashing,
                         [&](std::uint64_t at, std::span<const std::byte> block) {
                             return target->write(at, block);
                         }),
               context());
    UPDATE_CHECK(target->copy_properties(*source), context());
    UPDATE_CHECK(target->flush(), context());
    UPDATE_CHECK(files.flush_directory(to.parent_path()), context());
    return digest;
}

Result<Sha256> hash(File& file, Hashing& hashing) {
    UPDATE_TRY(digest,
               digest_of(file, hashing, [](std::uint64_t, std::span<const std::byte>) { return done(); }),
               "hash");
    return digest;
}

Status remove_tree(Files& files, const Path& path) {
    const auto info = files.info(path);
    if (!info && info.error().code() == ErrorCode::not_found) return done();
    if (!info) return Error{info.error()}.in(fmt::format("remove {}", path.string()));
    if (info->kind == FileInfo::Kind::directory) {
        UPDATE_TRY(names, files.list(path), fmt::format("remove {}", path.string()));
        for (const std::string& name : names) UPDATE_CHECK(remove_tree(files, path / name), "remove tree");
    }
    return files.remove(path);
}

Result<bool> exists(Files& files, const Path& path) {
    const auto info = files.info(path);
    if (info) return true;
    if (info.error().code() == ErrorCode::not_found) return false;
    return Error{info.error()};
}

}  // namespace update
