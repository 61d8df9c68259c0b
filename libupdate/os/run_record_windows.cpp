#include <array>

#include "os/handle.hpp"
#include "os/os_error.hpp"
#include "os/run_record.hpp"
#include "os/windows.hpp"

namespace update {

Result<std::optional<RunRecord>> read_run_record(const Path& path) {
    constexpr DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const Handle file{::CreateFileW(path.c_str(), GENERIC_READ, share, nullptr, OPEN_EXISTING,
                                    FILE_FLAG_OPEN_REPARSE_POINT, nullptr)};
    if (!file && ::GetLastError() == ERROR_FILE_NOT_FOUND) return std::optional<RunRecord>{};
    if (!file) return last_error("open " + path.string());
    std::array<char, 512> text;
    DWORD count = 0;
    if (::ReadFile(file.get(), text.data(), text.size(), &count, nullptr) == 0)
        return last_error("read " + path.string());
    return parse_run_record(std::string(text.data(), count));
}

}  // namespace update
