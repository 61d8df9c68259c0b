#include "base/grammar.hpp"

#include <algorithm>
#include <array>

namespace update {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_visible_ascii(char c) { return c > 0x20 && c < 0x7f; }

Status broken(const char* rule) { return Error{ErrorCode::refused, rule}; }

/// Names that Windows gives to devices in every folder, whatever the extension.
bool is_device_name(std::string_view component) {
    const std::string stem = ascii_lower(component.substr(0, component.find('.')));
    constexpr std::array<std::string_view, 4> whole{"con", "prn", "aux", "nul"};
    if (std::ranges::find(whole, stem) != whole.end()) return true;
    const bool numbered = stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt"));
    return numbered && is_digit(stem[3]);
}

Status check_component(std::string_view component) {
    if (component.empty()) return broken("has an empty component (leading, trailing or double '/')");
    if (component == "." || component == "..") return broken("contains '.' or '..'");
    if (component.size() > max_component_bytes) return broken("has a component longer than 255 bytes");
    if (is_one_of(component.back(), ". ")) return broken("has a component that ends with a dot or a space");
    if (ascii_lower(component).starts_with(".update-"))
        return broken("uses a name starting with '.update-', which is reserved");
    if (is_device_name(component)) return broken("uses the name of a Windows device");
    return done();
}

/// The first byte of a UTF-8 sequence: how many follow, its own bits, and the smallest code point that needs
/// so many.
struct Lead {
    int following;
    char32_t bits, smallest;
};
std::optional<Lead> lead_of(unsigned char c) {
    if (c < 0x80) return Lead{0, c, 0};
    if (c >= 0xc0 && c < 0xe0) return Lead{1, c & 0x1fU, 0x80};
    if (c >= 0xe0 && c < 0xf0) return Lead{2, c & 0x0fU, 0x800};
    if (c >= 0xf0 && c < 0xf8) return Lead{3, c & 0x07U, 0x10000};
    return std::nullopt;
}

std::string_view authority_of(std::string_view after_scheme) {
    return after_scheme.substr(0, after_scheme.find_first_of("/?#"));
}

}  // namespace

bool is_update_id(std::string_view text) {
    if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.') return false;
    return std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || is_one_of(c, "._-"); });
}

bool is_version_text(std::string_view text) {
    if (text.empty() || text.size() > 64 || !is_alphanumeric(text.front())) return false;
    return std::ranges::all_of(text, [](char c) { return is_visible_ascii(c) && !is_one_of(c, "\"'`/\\"); });
}

bool is_plain_name(std::string_view text) {
    if (text.empty() || text.size() > 128 || !is_alphanumeric(text.front())) return false;
    return std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || is_one_of(c, "._+-"); });
}

Status check_install_path(std::string_view path) {
    if (path.empty()) return broken("is empty");
    if (path.size() > max_path_bytes) return broken("is longer than 1024 bytes");
    if (std::ranges::any_of(path, is_control)) return broken("contains a control character");
    if (path.find_first_of("<>:\"|?*\\") != std::string_view::npos)
        return broken("contains a character that Windows forbids in names, one of <>:\"|?*\\");
    if (!is_utf8(path)) return broken("is not UTF-8");
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (auto checked = check_component(path.substr(begin, end - begin)); !checked) return checked;
        begin = end + 1;
    }
    return done();
}

Status check_url(std::string_view url) {
    if (url.size() > max_url_bytes) return broken("is longer than 2048 bytes");
    if (!std::ranges::all_of(url, [](char c) { return is_visible_ascii(c) && !is_one_of(c, "\"<>\\^`{|}"); }))
        return broken("contains a character that must be percent-encoded in a URL");
    if (url.starts_with("file://")) {
        if (!url.starts_with("file:///") || url.size() == 8) return broken("is not of the form file:///path");
        return done();
    }
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!url.starts_with(scheme)) continue;
        const auto authority = authority_of(url.substr(scheme.size()));
        if (authority.empty() || authority.front() == ':') return broken("names no host");
        if (authority.find('@') != std::string_view::npos) return broken("contains a user name or password");
        return done();
    }
    return broken("does not start with https://, http:// or file:///");
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = lead_of(static_cast<unsigned char>(text[i++]));
        if (!lead) return false;
        char32_t point = lead->bits;
        for (int left = lead->following; left > 0; --left, ++i) {
            if (i == text.size() || (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) return false;
            point = point << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
        }
        if (point < lead->smallest || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    }
    return true;
}

std::string shortened(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return std::string{text};
    std::size_t end = limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
    return std::string{text.substr(0, end)};
}

std::string ascii_lower(std::string_view text) {
    std::string lower{text};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

}  // namespace update
