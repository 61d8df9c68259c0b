#include "trust/names.hpp"

#include <fmt/format.h>

namespace update::trust {
namespace {

// Leaves room for a prefix, ".json" and the mark of a temporary file within the 255 bytes of a name.
constexpr std::size_t name_bytes_max = 200, kept_bytes = 100;

bool is_digit_or_letter(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_unreserved(char c) { return is_digit_or_letter(c) || is_one_of(c, "-._~"); }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

void append_encoded(std::string& into, char c) {
    into += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded.push_back(c);
        } else {
            append_encoded(encoded, c);
        }
    }
    return encoded;
}

std::string encoded_path(std::string_view path) {
    std::string encoded;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool escape =
            path[i] == '%' && i + 2 < path.size() && is_hex(path[i + 1]) && is_hex(path[i + 2]);
        if (escape || is_unreserved(path[i]) || is_one_of(path[i], "/!$&'()*+,;=:@")) {
            encoded.push_back(path[i]);
        } else {
            append_encoded(encoded, path[i]);
        }
    }
    return encoded;
}

std::string file_name(std::string_view text, std::string_view digest) {
    auto name = percent_encoded(text);
    if (name.starts_with('.')) name.replace(0, 1, "%2E");
    if (name.size() <= name_bytes_max) return name;
    return fmt::format("{}~{}", name.substr(0, kept_bytes), digest);
}

std::string folder_url(std::string_view base) {
    while (base.ends_with('/')) base.remove_suffix(1);
    return std::string{base} + '/';
}

}  // namespace update::trust
