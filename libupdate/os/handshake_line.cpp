#include "os/handshake_line.hpp"

#include <charconv>
#include <fmt/format.h>

namespace update {

std::string handshake_line(std::int64_t pid) { return fmt::format("alive {}\n", pid); }

Result<std::int64_t> parse_handshake(std::string_view line) {
    constexpr std::string_view word = "alive ";
    std::int64_t pid = 0;
    const char* const end = line.data() + line.size();
    const auto [rest, error] = line.starts_with(word)
                                   ? std::from_chars(line.data() + word.size(), end, pid)
                                   : std::from_chars_result{line.data(), std::errc::invalid_argument};
    if (error != std::errc{} || std::string_view{rest, static_cast<std::size_t>(end - rest)} != "\n" ||
        pid <= 0)
        return Error{ErrorCode::refused, "the handshake's answer is not \"alive <its pid>\""};
    return pid;
}

}  // namespace update
