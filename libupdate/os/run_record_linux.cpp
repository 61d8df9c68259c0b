#include <array>
#include <cerrno>
#include <fcntl.h>

#include "os/fd.hpp"
#include "os/os_error.hpp"
#include "os/run_record.hpp"

namespace update {

Result<std::optional<RunRecord>> read_run_record(const Path& path) {
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file && errno == ENOENT) return std::optional<RunRecord>{};
    if (!file) return os_error(errno, "open " + path.string());
    std::array<char, 512> text;
    const ssize_t count = ::read(file.get(), text.data(), text.size());
    if (count < 0) return os_error(errno, "read " + path.string());
    return parse_run_record(std::string(text.data(), static_cast<std::size_t>(count)));
}

}  // namespace update
