#include <fmt/format.h>
#include <map>

#include "trust/client.hpp"
#include "trust/names.hpp"
#include "trust/trouble.hpp"
#include "trust/verify.hpp"

namespace update::trust {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

/// All promised hashes of one stream, together with its length.
class Check {
 public:
    Check(Cryptography& crypto, const TargetFile& file) : file_{file} {
        for (const auto& [algorithm, promised] : file.hashes)
            if (const auto kind = digest_named(algorithm)) streams_.emplace(algorithm, crypto.digest(*kind));
    }
    void take(std::span<const std::byte> bytes) {
        length_ += static_cast<std::int64_t>(bytes.size());
        for (auto& [algorithm, stream] : streams_) stream->update(bytes);
    }
    /// 5.7.2
    Status finish(std::string_view what) {
        if (length_ != file_.length)
            return trouble(Trouble::tampered,
                           fmt::format("{} has {} bytes instead of {}", what, length_, file_.length));
        for (const auto& [algorithm, promised] : file_.hashes) {
            const auto stream = streams_.find(algorithm);
            if (stream == streams_.end())
                return trouble(Trouble::tampered,
                               fmt::format("{} has a hash of unknown kind {}", what, algorithm));
            if (stream->second->finish() != promised)
                return trouble(Trouble::tampered,
                               fmt::format("{} has another {} than promised", what, algorithm));
        }
        return done();
    }

 private:
    const TargetFile& file_;
    std::int64_t length_ = 0;
    std::map<std::string, std::unique_ptr<DigestStream>> streams_;
};

Status copy_to_new(Files& files, const Path& from, const Path& to) {
    UPDATE_TRY(source, files.open(from, OpenMode::read), "copy");
    UPDATE_TRY(target, files.open(to, OpenMode::create_new), "copy");
    std::vector<std::byte> block(block_bytes);
    for (std::uint64_t at = 0;;) {
        UPDATE_TRY(count, source->read(at, block), "copy");
        if (count == 0) return target->flush();
        UPDATE_CHECK(target->write(at, std::span{block}.first(count)), "copy");
        at += count;
    }
}

}  // namespace

bool Client::is_intact(const Path& path, const TargetFile& file) const {
    auto opened = ports_.files.open(path, OpenMode::read);
    if (!opened) return false;
    const auto info = (*opened)->info();
    if (!info || std::cmp_not_equal(info->size_bytes, file.length)) return false;
    Check check{ports_.crypto, file};
    std::vector<std::byte> block(block_bytes);
    for (std::uint64_t at = 0;;) {
        const auto count = (*opened)->read(at, block);
        if (!count) return false;
        if (*count == 0) break;
        check.take(std::span{block}.first(*count));
        at += *count;
    }
    return bool{check.finish("the copy")};
}

Result<Path> Client::download(std::string_view path, const TargetFile& file, const Path& folder) {
    const Path to = folder / file_name(path, digest_of(ports_.crypto, DigestKind::sha256, path));
    if (is_intact(to, file)) return to;
    auto fetched = fetch_target(path, file);
    if (fetched) fetched = move_into_place(to);
    if (!fetched) {
        (void)ports_.files.remove(store_.partial_file());
        return std::move(fetched).error().in(fmt::format("download {}", path));
    }
    return to;
}

Status Client::fetch_target(std::string_view path, const TargetFile& file) {
    const bool prefixed = set_ != nullptr && set_->root().consistent_snapshot && address_.hash_prefixes;
    const auto url = target_url(address_, path, prefixed ? hash_prefix(file) : std::string{});
    UPDATE_CHECK(ports_.files.remove(store_.partial_file()), "earlier attempt");
    UPDATE_TRY(partial, ports_.files.open(store_.partial_file(), OpenMode::create_new), "partial file");
    Check check{ports_.crypto, file};
    std::uint64_t at = 0;
    UPDATE_CHECK(fetch_stream(ports_.http, url, static_cast<std::uint64_t>(file.length), options_.cancel,
                              [&](std::span<const std::byte> bytes) {
                                  check.take(bytes);
                                  const auto offset = at;
                                  at += bytes.size();
                                  return partial->write(offset, bytes);
                              }),
                 "fetch");
    UPDATE_CHECK(check.finish(path), "verify");
    return partial->flush();
}

/// Across volumes by a copy that is complete before it gets its name.
Status Client::move_into_place(const Path& to) {
    const auto moved = ports_.files.rename(store_.partial_file(), to);
    if (moved) return ports_.files.flush_directory(to.parent_path());
    if (moved.error().code() != ErrorCode::unsupported) return moved;
    const Path temporary = to.parent_path() / ("." + to.filename().string() + ".tmp");
    UPDATE_CHECK(ports_.files.remove(temporary), "copy into place");
    auto copied = copy_to_new(ports_.files, store_.partial_file(), temporary);
    if (copied) copied = ports_.files.rename(temporary, to);
    if (!copied) {
        (void)ports_.files.remove(temporary);
        return copied;
    }
    UPDATE_CHECK(ports_.files.remove(store_.partial_file()), "copy into place");
    return ports_.files.flush_directory(to.parent_path());
}

}  // namespace update::trust
