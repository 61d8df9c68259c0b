#include "os/tcp_target.hpp"

#include <algorithm>

namespace update {

Result<TcpTarget> parse_tcp_target(const std::string& text) {
    const auto colon = text.rfind(':');
    TcpTarget target;
    if (colon != std::string::npos) target = {text.substr(0, colon), text.substr(colon + 1)};
    const bool bracketed = target.host.size() > 2 && target.host.front() == '[' && target.host.back() == ']';
    if (bracketed) target.host = target.host.substr(1, target.host.size() - 2);
    const bool digits =
        !target.port.empty() && target.port.size() <= 5 &&
        std::all_of(target.port.begin(), target.port.end(), [](char c) { return c >= '0' && c <= '9'; });
    // A leading '-' would be an option to the resolver's program.
    const bool good_host = !target.host.empty() && target.host.front() != '-' &&
                           (bracketed || target.host.find_first_of(":[]") == std::string::npos);
    if (digits && good_host && std::stoul(target.port) <= 65'535) return target;
    return Error{ErrorCode::refused,
                 "tcp probe '" + text + "' is not host:port; write 127.0.0.1:80 or [::1]:80"};
}

}  // namespace update
