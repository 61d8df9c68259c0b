#include "settings/values.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/grammar.hpp"
#include "policy/version.hpp"
#include "policy/window.hpp"
#include "settings/value_text.hpp"

namespace update {
namespace {

// Each is a mirror of every artifact, of which a plan has at most max_mirrors.
constexpr std::size_t repositories_max = 8;

constexpr std::size_t max_text_bytes = 4096;

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Check check_text(std::string_view text) {
    if (text.size() > max_text_bytes) return Problem{"is longer than 4096 bytes", "shorten it"};
    if (has_control_character(text)) return Problem{"contains a control character", "remove it"};
    return std::nullopt;
}

}  // namespace

Check read_text(const toml::node& node, std::string& into) {
    const auto text = node.value_exact<std::string>();
    if (!text) return Problem{"is not text", "write it in quotes"};
    if (auto problem = check_text(*text)) return problem;
    into = *text;
    return std::nullopt;
}

Check read_texts(const toml::node& node, std::vector<std::string>& into, std::size_t largest_count) {
    const Problem shape{"is not a list of texts", R"(write it as ["first", "second"])"};
    const toml::array* array = node.as_array();
    if (array == nullptr) return shape;
    if (array->size() > largest_count)
        return Problem{"is too long", fmt::format("list at most {} entries", largest_count)};
    std::vector<std::string> texts;
    for (const toml::node& element : *array) {
        texts.emplace_back();
        if (!element.is_string()) return shape;
        if (auto problem = read_text(element, texts.back())) return problem;
    }
    into = std::move(texts);
    return std::nullopt;
}

Check read_flag(const toml::node& node, bool& into) {
    const auto flag = node.value_exact<bool>();
    if (!flag) return Problem{"is neither true nor false", "write true or false without quotes"};
    into = *flag;
    return std::nullopt;
}

Check read_count(const toml::node& node, unsigned& into, unsigned smallest, unsigned largest) {
    const auto number = node.value_exact<std::int64_t>();
    const std::string cure = fmt::format("write a number from {} to {} without quotes", smallest, largest);
    if (!number) return Problem{"is not a whole number", cure};
    if (*number < smallest || *number > largest) return Problem{"is out of range", cure};
    into = static_cast<unsigned>(*number);
    return std::nullopt;
}

Check read_duration(const toml::node& node, milliseconds& into, milliseconds smallest, milliseconds largest) {
    const auto text = node.value_exact<std::string_view>();
    const auto duration = text ? parse_duration(*text) : std::nullopt;
    if (!duration)
        return Problem{
            "is not a duration",
            R"(write a whole number with its unit in quotes, as "250ms", "60s", "10min", "24h" or "7d")"};
    if (*duration < smallest || *duration > largest)
        return Problem{"is out of range", fmt::format("write a duration from \"{}\" to \"{}\"",
                                                      duration_text(smallest), duration_text(largest))};
    into = *duration;
    return std::nullopt;
}

Check read_hours(const toml::node& node, std::chrono::hours& into, std::chrono::hours largest) {
    milliseconds duration{};
    if (auto problem = read_duration(node, duration, milliseconds{0}, largest)) return problem;
    const auto hours = std::chrono::floor<std::chrono::hours>(duration);
    if (hours != duration) return Problem{"is not a whole number of hours", R"(write it as "24h" or "7d")"};
    into = hours;
    return std::nullopt;
}

Check read_rate(const toml::node& node, std::uint64_t& into) {
    const auto text = node.value_exact<std::string_view>();
    const auto rate = text ? parse_rate(*text) : std::nullopt;
    if (!rate) return Problem{"is not a rate", R"(write it as "512KiB/s", "10MiB/s" or "none")"};
    if (*rate != 0 && *rate < 1024)
        return Problem{"is too slow for any download to end", R"(write at least "1KiB/s")"};
    into = *rate;
    return std::nullopt;
}

Check read_absolute_path(const toml::node& node, std::filesystem::path& into, Empty empty) {
    std::string text;
    if (auto problem = read_text(node, text)) return problem;
    if (text.empty() && empty == Empty::allowed) {
        into.clear();
        return std::nullopt;
    }
    const std::filesystem::path path{text};
    if (!path.is_absolute()) return Problem{"is not an absolute path", "write the whole path from the root"};
    auto normal = path.lexically_normal();
    if (!normal.has_filename() && normal.has_relative_path())
        normal = normal.parent_path();  // "/srv/" is "/srv"
    into = normal;
    return std::nullopt;
}

Check read_install_path(const toml::node& node, std::string& into, Empty empty) {
    std::string text;
    if (auto problem = read_text(node, text)) return problem;
    if (text.empty() && empty == Empty::allowed) {
        into.clear();
        return std::nullopt;
    }
    if (auto checked = check_install_path(text); !checked)
        return Problem{checked.error().message(), "write a path below install_root, as \"bin/agent\""};
    into = text;
    return std::nullopt;
}

Check read_name(const toml::node& node, std::string& into, Empty empty) {
    std::string text;
    if (auto problem = read_text(node, text)) return problem;
    if (text.empty() && empty == Empty::allowed) {
        into.clear();
        return std::nullopt;
    }
    if (!is_plain_name(text))
        return Problem{"is not a name", "use 1 to 128 letters, digits and . _ + -, a letter or digit first"};
    into = text;
    return std::nullopt;
}

Check read_version(const toml::node& node, std::string& into, Empty empty) {
    std::string text;
    if (auto problem = read_text(node, text)) return problem;
    if ((!text.empty() || empty == Empty::refused) && !parse_semver(text))
        return Problem{"is not a version", "write it as \"1.2.3\""};
    into = text;
    return std::nullopt;
}

Check read_windows(const toml::node& node, std::vector<std::string>& into) {
    constexpr std::size_t windows_max = 32;
    std::vector<std::string> texts;
    if (auto problem = read_texts(node, texts, windows_max)) return problem;
    for (const std::string& text : texts)
        if (auto window = parse_window(text); !window)
            return Problem{window.error().message(),
                           R"(write it as "mon-fri 22:00-04:00" or "daily 01:30-02:30")"};
    into = std::move(texts);
    return std::nullopt;
}

namespace {

bool is_folder_url(const std::string& url) {
    return check_url(url) && url.find_first_of("?#") == std::string::npos;
}

}  // namespace

Check read_repositories(const toml::node& node, std::vector<Repository>& into) {
    const Problem shape{"is no list of repositories",
                        R"(write [{metadata = "https://host/metadata", targets = "https://host/targets"}])"};
    const toml::array* array = node.as_array();
    if (array == nullptr || array->size() > repositories_max) return shape;
    std::vector<Repository> repositories;
    for (const toml::node& element : *array) {
        const toml::table* table = element.as_table();
        if (table == nullptr || table->size() != 2) return shape;
        const auto metadata = (*table)["metadata"].value_exact<std::string>();
        const auto targets = (*table)["targets"].value_exact<std::string>();
        if (!metadata || !targets || !is_folder_url(*metadata) || !is_folder_url(*targets)) return shape;
        repositories.push_back({*metadata, *targets});
    }
    into = std::move(repositories);
    return std::nullopt;
}

Problem not_a_word(const std::vector<std::string_view>& known) {
    return {"is none of the words that are known here",
            fmt::format("write one of \"{}\"", fmt::join(known, "\", \""))};
}

}  // namespace update
