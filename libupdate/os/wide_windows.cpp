#include <limits>

#include "os/os_error.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr std::size_t max_text = std::numeric_limits<int>::max();

}  // namespace

Result<std::wstring> to_wide(std::string_view utf8) {
    if (utf8.empty()) return std::wstring{};
    if (utf8.size() > max_text) return Error{ErrorCode::refused, "a text is longer than 2 GiB"};
    if (utf8.find('\0') != std::string_view::npos)
        return Error{ErrorCode::refused, "a text has a zero character inside"};
    const int size = static_cast<int>(utf8.size());
    const int needed = ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8.data(), size, nullptr, 0);
    if (needed <= 0) return Error{ErrorCode::refused, "a text is not UTF-8"};
    std::wstring wide(static_cast<std::size_t>(needed), L'\0');
    ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8.data(), size, wide.data(), needed);
    return wide;
}

std::string to_utf8(std::wstring_view wide) {
    if (wide.empty() || wide.size() > max_text) return {};
    const int size = static_cast<int>(wide.size());
    const int needed = ::WideCharToMultiByte(CP_UTF8, 0, wide.data(), size, nullptr, 0, nullptr, nullptr);
    std::string utf8(static_cast<std::size_t>(needed), '\0');
    ::WideCharToMultiByte(CP_UTF8, 0, wide.data(), size, utf8.data(), needed, nullptr, nullptr);
    return utf8;
}

}  // namespace update
