#include "loop_disk.hpp"

#include <cerrno>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "support/await.hpp"
#include "support/process.hpp"

namespace update::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t disk_bytes = 32U << 20U;
constexpr auto shutdown_request = _IOR('X', 125, std::uint32_t);  // FS_IOC_SHUTDOWN
constexpr std::uint32_t without_log_flush = 2;                    // its flag for "as in a power cut"

int command(const std::vector<std::string>& words, const fs::path& log) {
    Process process{words, log};
    return process.wait().value_or(-1);
}

bool mount_image(const fs::path& image, const fs::path& at) {
    return command({"/bin/mount", "-o", "loop", image, at}, at.string() + ".log") == 0;
}

}  // namespace

std::optional<std::string> LoopDisk::why_not() {
    static const std::optional<std::string> why = []() -> std::optional<std::string> {
        if (::geteuid() != 0) return "not root";
        if (!fs::exists("/sbin/mkfs.ext4")) return "e2fsprogs is not installed";
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return std::string{"no mount namespace: "} + std::strerror(errno);
        const Scratch scratch{"update-loop"};
        const fs::path image = scratch.path() / "image", at = scratch.path() / "at";
        std::ofstream{image};
        fs::resize_file(image, disk_bytes);
        fs::create_directory(at);
        if (command({"/sbin/mkfs.ext4", "-q", "-F", image}, scratch.path() / "log") != 0 ||
            !mount_image(image, at))
            return "no loop device: " + read_file(scratch.path() / "log") + read_file(at.string() + ".log");
        ::umount(at.c_str());
        return std::nullopt;
    }();
    return why;
}

LoopDisk::LoopDisk(const fs::path& folder) : image_{folder / "image"}, mounted_{folder / "disk"} {
    std::ofstream{image_};
    fs::resize_file(image_, disk_bytes);
    fs::create_directory(mounted_);
    REQUIRE(command({"/sbin/mkfs.ext4", "-q", "-F", image_}, folder / "log") == 0);
    REQUIRE(mount_image(image_, mounted_));
}

LoopDisk::~LoopDisk() { ::umount2(mounted_.c_str(), MNT_DETACH); }

void LoopDisk::flush() const {
    const int fd = ::open(mounted_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(::syncfs(fd) == 0);
    ::close(fd);
}

void LoopDisk::cut() const {
    const int fd = ::open(mounted_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::uint32_t flag = without_log_flush;
    CHECK_MESSAGE(::ioctl(fd, shutdown_request, &flag) == 0, std::strerror(errno));
    ::close(fd);
}

void LoopDisk::reboot() const {
    await(
        "the disk is not used any more", 15s, [&] { return ::umount(mounted_.c_str()) == 0; },
        [] { return std::string{std::strerror(errno)}; });
    REQUIRE_MESSAGE(mount_image(image_, mounted_), read_file(mounted_.string() + ".log"));
}

}  // namespace update::test
