// For tests of the Windows twins: a folder of their own, other processes, and what Wine cannot judge.
#pragma once
#include <atomic>
#include <cstdio>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

#include "os/files.hpp"
#include "os/security.hpp"
#include "os/windows.hpp"

namespace windows_test {

/// Leaves the test, and says so in a form that scripts/skips counts.
#define SKIP_UNDER_WINE(reason)                              \
    do {                                                     \
        if (update::runs_under_wine()) {                     \
            std::printf("SKIPPED under Wine: %s\n", reason); \
            std::fflush(stdout);                             \
            return;                                          \
        }                                                    \
    } while (false)

/// A private folder that goes with the test.
class Folder {
 public:
    Folder() {
        static std::atomic<int> number{0};
        path_ = std::filesystem::temp_directory_path() /
                ("libupdate-" + std::to_string(::GetCurrentProcessId()) + "-" + std::to_string(number++));
        // The temporary folder may be given by a short name; what follows wants the real one.
        std::filesystem::create_directories(path_);
        wchar_t real[1024];
        const DWORD size = ::GetLongPathNameW(path_.c_str(), real, 1024);
        if (size > 0 && size < 1024) path_ = real;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    update::Path operator/(const std::string& name) const { return path_ / name; }
    const update::Path& path() const { return path_; }

 private:
    update::Path path_;
};

inline void write(const update::Path& path, const std::string& text) {
    const auto files = update::make_files();
    auto file = files->open(path, update::OpenMode::read_write_new);
    REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().message()));
    REQUIRE((*file)->truncate(0).has_value());
    REQUIRE((*file)->write(0, std::as_bytes(std::span{text})).has_value());
    REQUIRE((*file)->flush().has_value());
}
inline std::string read(const update::Path& path) {
    const auto files = update::make_files();
    auto file = files->open(path, update::OpenMode::read);
    if (!file) return "<" + file.error().message() + ">";
    std::string text(4096, '\0');
    const auto got = (*file)->read(0, std::as_writable_bytes(std::span{text}));
    REQUIRE(got.has_value());
    text.resize(*got);
    return text;
}

/// A copy of this test program that runs until it is ended; its image is in use meanwhile.
class Sleeper {
 public:
    explicit Sleeper(const update::Path& image) {
        wchar_t own[1024];
        ::GetModuleFileNameW(nullptr, own, 1024);
        REQUIRE(::CopyFileW(own, image.c_str(), FALSE));
        std::wstring line = L"\"" + image.wstring() + L"\" --sleep";
        STARTUPINFOW start{};
        start.cb = sizeof start;
        PROCESS_INFORMATION process{};
        // Without a console: the host of one whose program is ended while it starts stays for ever under
        // Wine, and keeps the output of the test open.
        REQUIRE(::CreateProcessW(image.c_str(), line.data(), nullptr, nullptr, FALSE, DETACHED_PROCESS,
                                 nullptr, nullptr, &start, &process));
        process_ = update::Handle{process.hProcess};
        const update::Handle thread{process.hThread};
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() { end(); }
    void end() {
        if (!process_) return;
        ::TerminateProcess(process_.get(), 0);
        ::WaitForSingleObject(process_.get(), 10'000);
        process_.reset();
    }
    bool runs() const { return ::WaitForSingleObject(process_.get(), 0) == WAIT_TIMEOUT; }

 private:
    update::Handle process_;
};

}  // namespace windows_test
