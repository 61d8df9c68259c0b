#include "transfer/partial_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace update {
namespace {

/// Security rule R3: nobody else may hold another name or own what will be installed.
bool is_ours_alone(const FileInfo& file, std::uint64_t owner) {
    return file.kind == FileInfo::Kind::file && file.link_count == 1 && file.owner == owner;
}

/// Looks at the opened file, not at the name, so that nothing can be exchanged in between.
/// @return null when there is nothing that may be used
Result<std::unique_ptr<File>> open_existing(Files& files, const Path& path) {
    UPDATE_TRY(directory, files.info(path.parent_path()), "folder of the partial file");
    auto file = files.open(path, OpenMode::read_write);
    if (!file && file.error().code() == ErrorCode::not_found) return std::unique_ptr<File>{};
    if (!file && file.error().code() != ErrorCode::refused) return file;
    if (file) {
        UPDATE_TRY(info, (*file)->info(), "partial file");
        if (is_ours_alone(info, directory.owner)) return file;
    }
    UPDATE_CHECK(files.remove(path), "remove a foreign partial file");
    return std::unique_ptr<File>{};
}

}  // namespace

PartialFile::PartialFile(Files& files, Hashing& hashing, Place place, std::unique_ptr<File> file,
                         std::uint64_t size)
    : files_{&files},
      hashing_{&hashing},
      place_{std::move(place)},
      file_{std::move(file)},
      digest_{hashing.sha256()},
      written_{size} {}

Result<PartialFile> PartialFile::open(Files& files, Hashing& hashing, Place place) {
    UPDATE_TRY(file, open_existing(files, place.path), "open partial file");
    std::uint64_t size = 0;
    if (file) {
        UPDATE_TRY(info, file->info(), "partial file");
        size = info.size_bytes;
        if (size > place.expected_bytes) {
            UPDATE_CHECK(file->truncate(0), "empty partial file");
            size = 0;
        }
    } else {
        UPDATE_TRY(created, files.open(place.path, OpenMode::create_new), "create partial file");
        file = std::move(created);
    }
    return PartialFile{files, hashing, std::move(place), std::move(file), size};
}

Status PartialFile::rebuild_digest(Watch& watch) {
    for (std::uint64_t at = 0; at < written_;) {
        UPDATE_CHECK(watch.look(), "hash partial file");
        const auto block = digest_->block();
        const auto wanted = std::min<std::uint64_t>(block.size(), written_ - at);
        UPDATE_TRY(count, file_->read(at, block.first(static_cast<std::size_t>(wanted))),
                   "read partial file");
        if (count == 0)
            return Error{ErrorCode::retry_later, "the partial file became shorter while it was read"};
        digest_->take(count);
        at += count;
    }
    return done();
}

Status PartialFile::append(std::span<const std::byte> bytes) {
    if (bytes.size() > place_.expected_bytes - size())
        return Error{ErrorCode::corrupt, "more bytes than promised"};
    while (!bytes.empty()) {
        if (block_.empty()) block_ = digest_->block();
        const auto count = std::min(bytes.size(), block_.size() - gathered_);
        // As a loop over bytes, which a build for size makes of std::copy, it costs as much as the digest.
        std::memcpy(block_.data() + gathered_, bytes.data(), count);
        gathered_ += count;
        bytes = bytes.subspan(count);
        if (gathered_ == block_.size()) {
            UPDATE_CHECK(write_out(), "append");
        }
    }
    return done();
}

Status PartialFile::write_out() {
    if (gathered_ == 0) return done();
    const auto bytes = std::exchange(block_, {}).first(std::exchange(gathered_, 0));
    digest_->take(bytes.size());
    if (auto status = file_->write(written_, bytes); !status) {
        auto evidence = status.error().evidence();
        if (status.error().code() == ErrorCode::no_space)
            evidence.need_bytes = place_.expected_bytes - written_;
        return std::move(status).error().with(evidence).in("write partial file");
    }
    written_ += bytes.size();
    return done();
}

Status PartialFile::start_over() {
    block_ = {};
    gathered_ = 0;
    written_ = 0;
    digest_ = hashing_->sha256();
    UPDATE_CHECK(file_->truncate(0), "empty partial file");
    return done();
}

Result<Sha256> PartialFile::finish() {
    UPDATE_CHECK(write_out(), "finish");
    if (auto flushed = file_->flush(); !flushed) {
        // What the system dropped still reads as if it were there ("fsyncgate"): nothing may build on this
        // file. The removal's own result adds nothing to an error that ends the download.
        static_cast<void>(files_->remove(place_.path));
        return std::move(flushed).error().in("flush partial file");
    }
    UPDATE_CHECK(files_->flush_directory(place_.path.parent_path()), "flush folder of the partial file");
    return digest_->finish();
}

}  // namespace update
