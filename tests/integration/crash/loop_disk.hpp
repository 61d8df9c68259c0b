// A disk of its own whose plug can be pulled: ext4 in a file, mounted in this process's mount namespace.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace update::test {

class LoopDisk {
 public:
    /// Nothing, or why there are no loop devices here. The first call gives this process a mount namespace of
    /// its own.
    static std::optional<std::string> why_not();

    explicit LoopDisk(const std::filesystem::path& folder);
    ~LoopDisk();
    const std::filesystem::path& path() const { return mounted_; }
    /// Everything until now is on the disk.
    void flush() const;
    /// What was not flushed is lost, as in a power cut; from now on every access fails.
    void cut() const;
    /// Unmounts once nobody uses it any more, and mounts again: journal recovery, as at boot.
    void reboot() const;

 private:
    std::filesystem::path image_, mounted_;
};

}  // namespace update::test
