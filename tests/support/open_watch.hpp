// Holds every process that opens, or executes, a file of certain folders until the test has looked
// (fanotify).
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/types.h>
#include <thread>

namespace update::test {

class OpenWatch {
 public:
    /// Called on a thread of its own, while who opens waits. Must open no such file itself.
    /// @return false: it is to wait until `allow`
    using Look = std::function<bool(pid_t opener, int file)>;

    /// Why it cannot work on this machine; empty: it can.
    static std::string why_not();

    /// @param events  FAN_OPEN_PERM or FAN_OPEN_EXEC_PERM
    OpenWatch(std::uint64_t events, Look);
    /// Lets everybody go who still waits.
    ~OpenWatch();
    OpenWatch(const OpenWatch&) = delete;
    OpenWatch& operator=(const OpenWatch&) = delete;

    /// From now on, the files directly in this folder.
    void add(const std::filesystem::path& folder);
    void allow(int file) const;
    /// Looks at nothing any more.
    void stop();

 private:
    void watch() const;

    const std::uint64_t kind_;
    const Look look_;
    int events_ = -1, stop_[2] = {-1, -1};
    std::thread thread_;
};

}  // namespace update::test
