// A small volume of its own below a folder, in a mount namespace that only this test and its children see.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace update::test {

class SmallVolume {
 public:
    /// Why this machine has no such thing; empty: it has.
    static std::string why_not();

    /// Mounts a tmpfs over `folder` (created when absent) and brings what lay there.
    SmallVolume(const std::filesystem::path& folder, std::uint64_t size_bytes);
    ~SmallVolume();
    SmallVolume(const SmallVolume&) = delete;
    SmallVolume& operator=(const SmallVolume&) = delete;

    /// Takes all room that is left. The file is `name` below the folder.
    void fill(const std::filesystem::path& name);
    void free();

 private:
    const std::filesystem::path folder_;
    std::filesystem::path ballast_;
};

}  // namespace update::test
