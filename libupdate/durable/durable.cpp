#include "durable/durable.hpp"

#include <fmt/format.h>
#include <vector>

namespace update {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

/// Feeds every byte of `file` to `sink`, in order.
template <class Sink>
Status for_each_block(File& file, Sink&& sink) {
    std::vector<std::byte> block(block_bytes);
    for (std::uint64_t at = 0;;) {
        UPDATE_TRY(count, file.read(at, block), fmt::format("read at {}", at));
        if (count == 0) return done();
        UPDATE_CHECK(sink(at, std::span<const std::byte>{block.data(), count}), "handle block");
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

Status write_new(Files& files, const Path& path, std::string_view text) {
    UPDATE_TRY(file, files.open(path, OpenMode::create_new), "create");
    UPDATE_CHECK(file->write(0, std::as_bytes(std::span{text})), "write");
    return file->flush();
}

}  // namespace

Status write_durably(Files& files, const Path& path, std::string_view text) {
    const Path temporary = path.parent_path() / ("." + path.filename().string() + ".tmp");
    const std::string context = fmt::format("write {}", path.string());
    UPDATE_CHECK(files.remove(temporary), context);
    auto written = write_new(files, temporary, text);
    if (written) written = files.rename(temporary, path);
    if (!written) {
        (void)files.remove(temporary);  // on a full volume it would only take room
        return std::move(written).error().in(context);
    }
    UPDATE_CHECK(files.flush_directory(path.parent_path()), context);
    return done();
}

Result<Sha256> copy_durably(Files& files, Hashing& hashing, const Path& from, const Path& to) {
    const std::string context = fmt::format("copy {} to {}", from.string(), to.string());
    UPDATE_TRY(source, files.open(from, OpenMode::read), context);
    UPDATE_TRY(target, files.open(to, OpenMode::create_new), context);
    const auto digest = hashing.sha256();
    UPDATE_CHECK(for_each_block(*source,
                                [&](std::uint64_t at, std::span<const std::byte> block) {
                                    digest->update(block);
                                    return target->write(at, block);
                                }),
                 context);
    UPDATE_CHECK(target->copy_properties(*source), context);
    UPDATE_CHECK(target->flush(), context);
    UPDATE_CHECK(files.flush_directory(to.parent_path()), context);
    return digest->finish();
}

Result<Sha256> hash(File& file, Hashing& hashing) {
    const auto digest = hashing.sha256();
    UPDATE_CHECK(for_each_block(file,
                                [&](std::uint64_t, std::span<const std::byte> block) {
                                    digest->update(block);
                                    return done();
                                }),
                 "hash");
    return digest->finish();
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
