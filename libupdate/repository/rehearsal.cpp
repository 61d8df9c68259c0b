#include "repository/rehearsal.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace update::repository {
namespace {

Error absent(const Path& path) { return Error{ErrorCode::not_found, path.string() + " is not there"}; }

FileInfo info_of(const RehearsedFiles::Content& content) {
    FileInfo info;
    info.size_bytes = content->size();
    info.mode = 0600;
    return info;
}

class RehearsedFile final : public File {
 public:
    explicit RehearsedFile(RehearsedFiles::Content content) : content_{std::move(content)} {}

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        const auto at = std::min<std::uint64_t>(offset, content_->size());
        const auto part = std::span{*content_}.subspan(at);
        const auto count = std::min(part.size(), into.size());
        std::ranges::copy(part.first(count), into.begin());
        return count;
    }
    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        if (content_->size() < offset + bytes.size()) content_->resize(offset + bytes.size());
        std::ranges::copy(bytes, content_->begin() + static_cast<std::ptrdiff_t>(offset));
        return done();
    }
    Status truncate(std::uint64_t size_bytes) override {
        content_->resize(size_bytes);
        return done();
    }
    Status flush() override { return done(); }
    Result<FileInfo> info() const override { return info_of(content_); }
    Status copy_properties(const File&) override { return done(); }
    Status set_mode(std::uint32_t) override { return done(); }

 private:
    RehearsedFiles::Content content_;
};

Result<RehearsedFiles::Content> read_all(File& file) {
    UPDATE_TRY(info, file.info(), "rehearse");
    auto content = std::make_shared<std::vector<std::byte>>(info.size_bytes);
    for (std::size_t at = 0; at < content->size();) {
        UPDATE_TRY(count, file.read(at, std::span{*content}.subspan(at)), "rehearse");
        if (count == 0) content->resize(at);
        at += count;
    }
    return content;
}

}  // namespace

/// What a change of the file begins with.
Result<RehearsedFiles::Content> RehearsedFiles::content(const Path& path) {
    if (const auto known = files_.find(path); known != files_.end()) {
        if (known->second == nullptr) return absent(path);
        return known->second;
    }
    UPDATE_TRY(file, disk_.open(path, OpenMode::read), "rehearse");
    return read_all(*file);
}

Result<std::unique_ptr<File>> RehearsedFiles::open(const Path& path, OpenMode mode) {
    if (mode == OpenMode::read && !files_.contains(path)) return disk_.open(path, mode);
    auto found = content(path);
    const bool is_new = !found && found.error().code() == ErrorCode::not_found;
    const bool may_create = mode == OpenMode::create_new || mode == OpenMode::read_write_new;
    if (found && mode == OpenMode::create_new)
        return Error{ErrorCode::refused, path.string() + " is there already"};
    if (!found && !(is_new && may_create)) return std::move(found).error();
    if (mode == OpenMode::read) return std::unique_ptr<File>{std::make_unique<RehearsedFile>(*found)};
    auto& kept = files_[path];
    kept = is_new ? std::make_shared<std::vector<std::byte>>() : *found;
    return std::unique_ptr<File>{std::make_unique<RehearsedFile>(kept)};
}

Status RehearsedFiles::rename(const Path& from, const Path& to) {
    UPDATE_TRY(moved, content(from), "rename");
    files_[from] = nullptr;
    files_[to] = std::move(moved);
    return done();
}

Status RehearsedFiles::link(const Path& existing, const Path&) {
    return Error{ErrorCode::unsupported, "no links in a dry run: " + existing.string()};
}

Status RehearsedFiles::remove(const Path& path) {
    if (folders_.erase(path) == 0) files_[path] = nullptr;
    return done();
}

Status RehearsedFiles::make_private_directory(const Path& path) {
    const auto there = info(path);
    if (there && there->kind != FileInfo::Kind::directory)
        return Error{ErrorCode::refused, path.string() + " is no folder"};
    if (!there && there.error().code() != ErrorCode::not_found) return there.error();
    if (!there) folders_.insert(path);
    return done();
}

Result<std::vector<std::string>> RehearsedFiles::list(const Path& folder) {
    std::set<std::string> names;
    if (!folders_.contains(folder)) {
        UPDATE_TRY(there, disk_.list(folder), "list");
        names.insert(there.begin(), there.end());
    }
    for (const Path& made : folders_)
        if (made.parent_path() == folder) names.insert(made.filename().string());
    for (const auto& [path, content] : files_) {
        if (path.parent_path() != folder) continue;
        if (content != nullptr)
            names.insert(path.filename().string());
        else
            names.erase(path.filename().string());
    }
    return std::vector<std::string>{names.begin(), names.end()};
}

Result<FileInfo> RehearsedFiles::info(const Path& path) {
    if (folders_.contains(path)) {
        FileInfo folder;
        folder.kind = FileInfo::Kind::directory;
        folder.mode = 0700;
        return folder;
    }
    const auto known = files_.find(path);
    if (known == files_.end()) return disk_.info(path);
    if (known->second == nullptr) return absent(path);
    return info_of(known->second);
}

std::vector<Path> RehearsedFiles::written() const {
    std::vector<Path> paths;
    for (const auto& [path, content] : files_)
        if (content != nullptr) paths.push_back(path);
    return paths;
}

std::vector<Path> RehearsedFiles::removed() const {
    std::vector<Path> paths;
    for (const auto& [path, content] : files_)
        if (content == nullptr && disk_.info(path)) paths.push_back(path);
    return paths;
}

Result<std::unique_ptr<Lock>> RehearsedLocks::try_lock(const Path& file) {
    const auto there = disk_.info(file);
    if (!there && there.error().code() == ErrorCode::not_found) return std::make_unique<Lock>();
    return locks_.try_lock(file);
}

Result<Ran> RehearsedProcesses::run(const Command& command) {
    return Error{ErrorCode::not_found, command.program.string() + " is not asked in a dry run"};
}

Result<ProcessId> RehearsedProcesses::break_away(const Command& command, std::chrono::milliseconds) {
    return Error{ErrorCode::not_found, command.program.string() + " is not started in a dry run"};
}

}  // namespace update::repository
