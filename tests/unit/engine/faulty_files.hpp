// The real disk with a finger on every operation: each can fail or be the moment at which the process dies.
// Nothing is really flushed, which makes thousands of runs affordable; a power cut is not looked at here.
#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include "os/files.hpp"
#include "ports/files.hpp"

namespace update::test {

/// Called before each operation that changes something. An error is returned instead of the operation; what
/// it throws is a crash. `torn` says that half of a write reaches the disk first.
struct Finger {
    std::function<Status(std::string_view operation, const Path&)> before =
        [](std::string_view, const Path&) { return done(); };
    /// The machine has restarted so often, and numbered its volumes anew each time.
    std::uint64_t restarts = 0;

    Result<FileInfo> as_numbered_now(Result<FileInfo> info) const {
        if (info) info->id.volume += restarts;
        return info;
    }
};

class FaultyFile : public File {
 public:
    FaultyFile(std::unique_ptr<File> file, Path path, const Finger& finger)
        : file_{std::move(file)}, path_{std::move(path)}, finger_{finger} {}

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        return file_->read(offset, into);
    }
    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        // A part may be on the disk when the process dies, or when the volume turns out to be full.
        const std::size_t part = std::min<std::size_t>(bytes.size() / 2, 200);
        UPDATE_CHECK(file_->write(offset, bytes.first(part)), "write");
        UPDATE_CHECK(finger_.before("write", path_), "write");
        return file_->write(offset + part, bytes.subspan(part));
    }
    Status truncate(std::uint64_t size_bytes) override {
        UPDATE_CHECK(finger_.before("truncate", path_), "truncate");
        return file_->truncate(size_bytes);
    }
    Status flush() override { return finger_.before("flush", path_); }
    Result<FileInfo> info() const override { return finger_.as_numbered_now(file_->info()); }
    Status copy_properties(const File& from) override {
        UPDATE_CHECK(finger_.before("properties", path_), "properties");
        return file_->copy_properties(*static_cast<const FaultyFile&>(from).file_);
    }
    Status set_mode(std::uint32_t mode) override {
        UPDATE_CHECK(finger_.before("mode", path_), "mode");
        return file_->set_mode(mode);
    }

 private:
    std::unique_ptr<File> file_;
    const Path path_;
    const Finger& finger_;
};

class FaultyFiles : public Files {
 public:
    explicit FaultyFiles(const Finger& finger) : files_{make_files()}, finger_{finger} {}

    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
        if (mode == OpenMode::create_new || mode == OpenMode::read_write_new)
            UPDATE_CHECK(finger_.before("create", path), "create");
        UPDATE_TRY(file, files_->open(path, mode), "");
        return std::unique_ptr<File>{std::make_unique<FaultyFile>(std::move(file), path, finger_)};
    }
    Status rename(const Path& from, const Path& to) override {
        UPDATE_CHECK(finger_.before("rename", to), "rename");
        return files_->rename(from, to);
    }
    Status link(const Path& existing, const Path& name) override {
        UPDATE_CHECK(finger_.before("link", name), "link");
        return files_->link(existing, name);
    }
    Status remove(const Path& path) override {
        UPDATE_CHECK(finger_.before("remove", path), "remove");
        return files_->remove(path);
    }
    Status make_private_directory(const Path& path) override {
        UPDATE_CHECK(finger_.before("folder", path), "folder");
        return files_->make_private_directory(path);
    }
    Status flush_directory(const Path& path) override { return finger_.before("flush folder", path); }
    Result<std::vector<std::string>> list(const Path& path) override { return files_->list(path); }
    Result<FileInfo> info(const Path& path) override { return finger_.as_numbered_now(files_->info(path)); }

 private:
    std::unique_ptr<Files> files_;
    const Finger& finger_;
};

}  // namespace update::test
