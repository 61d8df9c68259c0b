#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.hpp"

namespace control {
namespace {

using update::Error;
using update::ErrorCode;

int descriptor(std::intptr_t native) { return static_cast<int>(native); }

}  // namespace

void prepare_process() {
    ::umask(077);
    std::signal(SIGPIPE, SIG_IGN);
}

update::Result<OpenFile> OpenFile::open(const std::string& folder, const std::vector<std::string>& names) {
    const Error absent{ErrorCode::not_found, "no such file"};
    OpenFile file{::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY)};
    for (std::size_t n = 0; n < names.size(); ++n) {
        // O_NONBLOCK: opening a FIFO must not wait for its writer.
        const int kind = n + 1 < names.size() ? O_DIRECTORY : O_NONBLOCK;
        file = OpenFile{
            ::openat(descriptor(file.native_), names[n].c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | kind)};
        if (file.native_ < 0) return absent;
    }
    struct stat info {};
    if (::fstat(descriptor(file.native_), &info) != 0 || !S_ISREG(info.st_mode)) return absent;
    file.info_ = {static_cast<std::uint64_t>(info.st_size), info.st_ino,
                  std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
    return file;
}

OpenFile::~OpenFile() {
    if (native_ >= 0) ::close(descriptor(native_));
}

std::size_t OpenFile::read(std::uint64_t at, void* to, std::size_t count) const {
    const ssize_t got = ::pread(descriptor(native_), to, count, static_cast<off_t>(at));
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

update::Status write_file(const std::string& path, Readers readers, const std::string& text) {
    const mode_t mode = readers == Readers::owner ? 0600 : 0644;
    const std::string temporary = path + ".new";
    ::unlink(temporary.c_str());
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    FILE* file = descriptor >= 0 ? ::fdopen(descriptor, "w") : nullptr;
    if (file == nullptr) return Error{ErrorCode::permission, path, {errno, std::generic_category()}};
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (std::fclose(file) != 0 || !written || ::chmod(temporary.c_str(), mode) != 0 ||
        std::rename(temporary.c_str(), path.c_str()) != 0)
        return Error{ErrorCode::permission, path + ": cannot be written"};
    return update::done();
}

}  // namespace control
