// What the tests of os/ share: a scratch folder, real mounts, other users, real processes.
#pragma once
#include <array>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <span>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <update/result.hpp>

namespace update::test {

using Path = std::filesystem::path;
inline constexpr unsigned nobody = 65534;

inline bool is_root() { return ::geteuid() == 0; }
/// Ends a test case early, saying why. A skipped check is never silent.
inline bool skipped_without_root(const char* what) {
    if (is_root()) return false;
    std::printf("SKIPPED without root: %s\n", what);
    return true;
}

class Scratch {
 public:
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "os_test.XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = std::filesystem::canonical(name);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const Path& path() const { return path_; }
    Path operator/(const std::string& name) const { return path_ / name; }

 private:
    Path path_;
};

inline void put(const Path& path, const std::string& text, unsigned mode = 0644) {
    std::ofstream{path, std::ios::binary} << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}
inline std::string get(const Path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}
inline std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span{text}); }

template <class T>
ErrorCode code(const Result<T>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().code();
}

/// A tmpfs that only this process sees and that vanishes with it. Root only.
class Mount {
 public:
    Mount(const Path& at, const char* options) : at_{at} {
        static const bool own_namespace =
            ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
        REQUIRE(own_namespace);
        std::filesystem::create_directory(at);
        REQUIRE(::mount("tmpfs", at.c_str(), "tmpfs", 0, options) == 0);
    }
    Mount(const Mount&) = delete;
    Mount& operator=(const Mount&) = delete;
    ~Mount() { ::umount2(at_.c_str(), MNT_DETACH); }
    void make_read_only() {
        REQUIRE(::mount(nullptr, at_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
    }

 private:
    Path at_;
};

/// Root acts as the user nobody meanwhile; another user stays what it is.
class AsNobody {
 public:
    AsNobody() {
        if (::getuid() != 0) return;
        REQUIRE(::setegid(nobody) == 0);
        REQUIRE(::seteuid(nobody) == 0);
    }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
    ~AsNobody() {
        if (::getuid() != 0) return;
        (void)!::seteuid(0);
        (void)!::setegid(0);
    }
};

/// Waits for the end of any process. @return false when it still lives after 10 s.
inline bool ends(long pid) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) return errno == ESRCH;
    ::pollfd watched{fd, POLLIN, 0};
    const bool ended = ::poll(&watched, 1, 10'000) == 1;
    ::close(fd);
    return ended;
}

/// The helper program as a child in its own process group; its first line of output says that it is ready.
class Helper {
 public:
    explicit Helper(std::vector<std::string> arguments, const Path& program = OS_TEST_HELPER) {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        std::vector<char*> list{const_cast<char*>(program.c_str())};
        for (auto& argument : arguments) list.push_back(argument.data());
        list.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::setpgid(0, 0);
            ::dup2(ends[1], STDOUT_FILENO);
            ::execv(program.c_str(), list.data());
            ::_exit(126);
        }
        ::close(ends[1]);
        for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) line_ += c;
        ::close(ends[0]);
    }
    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;
    ~Helper() { kill_group(); }

    const std::string& line() const { return line_; }
    ::pid_t pid() const { return pid_; }
    void kill_alone() { end(pid_); }
    void kill_group() { end(-pid_); }

 private:
    void end(::pid_t whom) {
        if (pid_ <= 0) return;
        ::kill(whom, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    ::pid_t pid_ = -1;
    std::string line_;
};

}  // namespace update::test
