// One value of the file into one field of Settings. A field is changed only when its value is good.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <utility>
#include <vector>

#include <update/settings.hpp>

#include "settings/problem.hpp"

namespace update {

using std::chrono::milliseconds;

/// At most 4096 bytes without control characters.
Check read_text(const toml::node&, std::string& into);
Check read_texts(const toml::node&, std::vector<std::string>& into, std::size_t largest_count);
Check read_flag(const toml::node&, bool& into);
Check read_count(const toml::node&, unsigned& into, unsigned smallest, unsigned largest);
Check read_duration(const toml::node&, milliseconds& into, milliseconds smallest, milliseconds largest);
Check read_hours(const toml::node&, std::chrono::hours& into, std::chrono::hours largest);
Check read_rate(const toml::node&, std::uint64_t& into);
/// Absolute; made lexically normal, links are not followed. Empty only if `may_be_empty`.
enum class Empty : std::uint8_t { refused, allowed };
Check read_absolute_path(const toml::node&, std::filesystem::path& into, Empty);
/// As `check_install_path`.
Check read_install_path(const toml::node&, std::string& into, Empty);
/// SemVer, as versions of signed releases are. Empty only if `may_be_empty`.
Check read_version(const toml::node&, std::string& into, Empty);
/// As `parse_window`.
Check read_windows(const toml::node&, std::vector<std::string>& into);
/// Tables with `metadata` and `targets`, URLs of folders.
Check read_repositories(const toml::node&, std::vector<Repository>& into);
/// As `is_plain_name`.
Check read_name(const toml::node&, std::string& into, Empty);

template <class Enum, std::size_t count>
using Words = std::array<std::pair<std::string_view, Enum>, count>;

Problem not_a_word(const std::vector<std::string_view>& known);

template <class Enum, std::size_t count>
Check read_word(const toml::node& node, Enum& into, const Words<Enum, count>& words) {
    const auto text = node.value_exact<std::string_view>();
    std::vector<std::string_view> known;
    for (const auto& [word, value] : words) {
        if (text == word) {
            into = value;
            return std::nullopt;
        }
        known.push_back(word);
    }
    return not_a_word(known);
}

}  // namespace update
