#include "transfer/source_url.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace update {
namespace {

constexpr std::string_view scheme = "file://";

Result<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const auto hex = text.substr(i + 1, 2);
        unsigned value = 0;
        const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
        if (hex.size() != 2 || error != std::errc{} || end != hex.data() + 2 || value == 0)
            return Error{ErrorCode::refused, "bad escape in a file URL"};
        decoded += static_cast<char>(value);
        i += 2;
    }
    return decoded;
}

/// "/C:/x" is how a URL writes the Windows path "C:/x".
bool has_drive_letter(const std::string& path) {
    return path.size() >= 4 && path[2] == ':' && path[3] == '/' &&
           ((path[1] >= 'A' && path[1] <= 'Z') || (path[1] >= 'a' && path[1] <= 'z'));
}

}  // namespace

std::string file_url(const std::filesystem::path& file) {
    const std::string path = file.generic_string();
    std::string url{scheme};
    if (!path.starts_with('/')) url += '/';  // before a drive letter
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view{"/._-~+:"}.find(c) != std::string_view::npos;
        url += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return url;
}

bool is_file_url(const std::string& url) { return url.substr(0, scheme.size()) == scheme; }

Result<std::filesystem::path> path_of_file_url(const std::string& url) {
    const auto rest = std::string_view{url}.substr(std::min(scheme.size(), url.size()));
    const auto slash = rest.find('/');
    const auto host = rest.substr(0, slash);
    if (slash == std::string_view::npos || (!host.empty() && host != "localhost"))
        return Error{ErrorCode::refused, "a file URL needs an absolute path on this machine"};
    UPDATE_TRY(path, percent_decoded(rest.substr(slash)), "file URL");
    return std::filesystem::path{has_drive_letter(path) ? path.substr(1) : path};
}

std::string place_of(const std::string& url) {
    if (is_file_url(url)) return "local file";
    const auto start = url.find("//");
    if (start == std::string::npos) return "unreadable URL";
    const auto authority = url.substr(start + 2, url.find_first_of("/?#", start + 2) - start - 2);
    const auto sign = authority.rfind('@');
    return sign == std::string::npos ? authority : authority.substr(sign + 1);
}

}  // namespace update
