// What a publisher would do, without doing it: his ports over the real ones, where every change stays in
// memory.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "ports/files.hpp"
#include "ports/processes.hpp"
#include "ports/public_folders.hpp"

namespace update::repository {

/// Reads the disk, and remembers what is written or removed instead of doing it. Holds in memory what it
/// would write. Files only: no links, and folders are never renamed.
class RehearsedFiles final : public Files, public PublicFolders {
 public:
    explicit RehearsedFiles(Files& disk) : disk_{disk} {}

    Result<std::unique_ptr<File>> open(const Path&, OpenMode) override;
    Status rename(const Path& from, const Path& to) override;
    Status link(const Path& existing, const Path& name) override;
    Status remove(const Path&) override;
    Status make_private_directory(const Path&) override;
    Status flush_directory(const Path&) override { return done(); }
    Result<std::vector<std::string>> list(const Path&) override;
    Result<FileInfo> info(const Path&) override;
    Status make(const Path& folder) override { return make_private_directory(folder); }

    /// Files that would be there anew or with other content, and files that would be gone. Sorted.
    std::vector<Path> written() const;
    std::vector<Path> removed() const;

    using Content = std::shared_ptr<std::vector<std::byte>>;

 private:
    Result<Content> content(const Path&);

    Files& disk_;
    std::map<Path, Content> files_;  ///< null: removed
    std::set<Path> folders_;
};

/// The real lock where there is one; where it would only be created, nobody else can work yet.
class RehearsedLocks final : public Locks {
 public:
    RehearsedLocks(Locks& locks, Files& disk) : locks_{locks}, disk_{disk} {}
    Result<std::unique_ptr<Lock>> try_lock(const Path& file) override;

 private:
    Locks& locks_;
    Files& disk_;
};

/// A signing command would make real signatures, and somebody touch a token for nothing: it is not asked, as
/// if its keys were elsewhere.
class RehearsedProcesses final : public Processes {
 public:
    Result<Ran> run(const Command&) override;
    Result<ProcessId> break_away(const Command&, std::chrono::milliseconds) override;
    bool alive(const ProcessId&) override { return false; }
    ProcessId self() override { return {}; }
};

}  // namespace update::repository
