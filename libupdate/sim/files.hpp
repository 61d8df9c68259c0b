#pragma once
#include "sim/world.hpp"

namespace update::sim {

/// The simulated disk as one process sees it; without a process, as nobody who could be disturbed.
class SimFiles final : public Files {
 public:
    SimFiles(World& world, Process* process) : world_{world}, process_{process} {}

    Result<std::unique_ptr<File>> open(const Path&, OpenMode) override;
    Status rename(const Path& from, const Path& to) override;
    Status link(const Path& existing, const Path& name) override;
    Status remove(const Path&) override;
    Status make_private_directory(const Path&) override;
    Status flush_directory(const Path&) override;
    Result<std::vector<std::string>> list(const Path&) override;
    Result<FileInfo> info(const Path&) override;

 private:
    friend class SimFile;
    Status point(Op, const char* what, const std::string& path);
    Status reading();
    bool about_to_strike() const;
    bool parent_exists(const std::string& path) const;
    void exchanged(const std::string& path);
    Status step_aside(const std::string& name, const std::string& successor);

    World& world_;
    Process* const process_;
};

}  // namespace update::sim
