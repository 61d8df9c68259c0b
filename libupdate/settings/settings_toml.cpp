#include "settings/settings_toml.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <string_view>

#include "base/grammar.hpp"
#include "settings/checks.hpp"
#include "settings/keys.hpp"
#include "settings/suggestion.hpp"

namespace update {
namespace {

constexpr std::size_t max_file_bytes = 256 * 1024;
// The parser builds and frees nested tables by recursion, about 300 bytes of stack a level, and dotted keys
// nest without a limit of its own: 3000 dots overflow a stack of 1 MiB. Together these two allow some 6400
// levels at the very worst.
constexpr std::ptrdiff_t max_dots_in_line = 100;
constexpr std::size_t max_braces = 64;

/// The first line that could nest too deeply, counted from 1.
std::optional<std::size_t> too_deep_line(std::string_view text) {
    std::size_t braces = 0, number = 1;
    for (; !text.empty(); ++number) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.starts_with('#')) continue;
        braces += static_cast<std::size_t>(std::ranges::count(line, '{'));
        if (braces > max_braces || std::ranges::count(line, '.') > max_dots_in_line) return number;
    }
    return std::nullopt;
}

/// A key as it may stand in a message. A quoted key can contain anything; what is not a plain word becomes
/// '?', so that
/// `"trial.probe"` is not taken for the key `probe` of the section `trial`.
std::string printable(std::string_view key) {
    std::string text{key.substr(0, 64)};
    for (char& c : text)
        if (!is_plain_name({&c, 1}) && c != '_' && c != '-') c = '?';
    return text;
}

/// In parsed values, so that nothing in the folder's name can be taken for TOML.
void fill_in(toml::node& node, const std::string& config_dir) {
    constexpr std::string_view word = "${config_dir}";
    if (auto* const table = node.as_table())
        for (auto&& [key, value] : *table) fill_in(value, config_dir);
    if (auto* const array = node.as_array())
        for (toml::node& element : *array) fill_in(element, config_dir);
    if (auto* const text = node.as_string())
        for (auto at = text->get().find(word); at != std::string::npos;
             at = text->get().find(word, at + config_dir.size()))
            text->get().replace(at, word.size(), config_dir);
}

/// Reads one file and remembers in which line each key stands.
class Loader {
 public:
    explicit Loader(std::string file) : file_{std::move(file)} {}

    Result<Settings> load(const toml::table& root) {
        if (auto read = read_section(root, ""); !read) return std::move(read).error();
        // A program that cannot say that it is ready cannot be acknowledged by a server either.
        if (settings_.trial.probe.kind != Readiness::reported && !lines_.contains("trial.commit_on"))
            settings_.trial.commit_on = CommitOn::ready;
        if (auto found = check_together(settings_))
            return wrong(line_of(found->key), found->key, found->problem);
        return settings_;
    }

 private:
    Error wrong(std::size_t line, const std::string& key, const Problem& problem) const {
        return {ErrorCode::refused,
                fmt::format("{}:{}: {}: {}; {}", file_, line, key, problem.what, problem.cure)};
    }

    /// A key that is absent is to be added where its section begins, or at the top.
    std::size_t line_of(std::string key) const {
        for (;; key.resize(key.rfind('.'))) {
            if (const auto found = lines_.find(key); found != lines_.end()) return found->second;
            if (key.find('.') == std::string::npos) return 1;
        }
    }

    Status read_section(const toml::table& table, const std::string& prefix) {
        for (const auto& [key, node] : table) {
            const std::string name = prefix + printable(key.str());
            lines_[name] = key.source().begin.line;
            if (auto read = read_entry(name, node); !read) return read;
        }
        return done();
    }

    Status read_entry(const std::string& name, const toml::node& node) {
        if (name == programs_key) return read_programs(node);
        if (is_section(name)) {
            if (const toml::table* table = node.as_table()) return read_section(*table, name + ".");
            return wrong(lines_[name], name,
                         {"is a section", fmt::format("write [{}] on a line of its own", name)});
        }
        return read_value(name, name, node, setting_keys(), settings_);
    }

    static bool is_section(const std::string& name) {
        return std::ranges::any_of(setting_keys(),
                                   [&](const auto& key) { return key.name.starts_with(name + "."); });
    }

    Status read_programs(const toml::node& node) {
        const std::string name{programs_key};
        const toml::array* array = node.as_array();
        if (array == nullptr || array->empty() || !array->is_array_of_tables())
            return wrong(lines_[name], name,
                         {"is a list of sections", "write [[programs]] before each program"});
        if (array->size() > max_programs)
            return wrong(lines_[name], name,
                         {"is too long", fmt::format("list at most {} programs", max_programs)});
        settings_.programs.clear();
        for (const toml::node& element : *array) {
            if (auto read = read_program(*element.as_table()); !read) return read;
        }
        return done();
    }

    Status read_program(const toml::table& table) {
        ProgramSettings program;
        for (const auto& [key, node] : table) {
            const std::string name = printable(key.str());
            const std::string shown = fmt::format("{}.{}", programs_key, name);
            lines_[shown] = key.source().begin.line;
            if (auto read = read_value(name, shown, node, program_keys(), program); !read) return read;
        }
        settings_.programs.push_back(std::move(program));
        return done();
    }

    template <class Target>
    Status read_value(const std::string& name, const std::string& shown, const toml::node& node,
                      std::span<const Key<Target>> keys, Target& into) {
        const auto key = std::ranges::find(keys, name, &Key<Target>::name);
        if (key == keys.end()) return wrong(lines_[shown], shown, unknown(shown));
        if (auto problem = key->read(node, into)) return wrong(lines_[shown], shown, *problem);
        return done();
    }

    static Problem unknown(const std::string& shown) {
        std::vector<std::string> known;
        for (const auto& key : setting_keys()) known.emplace_back(key.name);
        for (const auto& key : program_keys()) known.push_back(fmt::format("{}.{}", programs_key, key.name));
        const std::string meant = nearest_name(shown, known);
        if (meant.empty()) return {"is not a known key", "remove it; update.example.toml lists all keys"};
        return {"is not a known key", fmt::format("did you mean {}?", meant)};
    }

    std::string file_;
    Settings settings_;
    std::map<std::string, std::size_t> lines_;
};

Result<std::string> read_file(const std::filesystem::path& file) {
    std::error_code problem;
    const auto status = std::filesystem::status(file, problem);
    if (status.type() == std::filesystem::file_type::not_found)
        return Error{ErrorCode::not_found, "no such configuration file; copy update.example.toml there"};
    if (problem) return Error{ErrorCode::permission, "configuration cannot be looked at", problem};
    if (status.type() != std::filesystem::file_type::regular)
        return Error{ErrorCode::refused, "configuration is not a regular file"};
    errno = 0;
    std::ifstream stream{file, std::ios::binary};
    if (!stream)
        return Error{
            ErrorCode::permission, "configuration cannot be opened", {errno, std::generic_category()}};
    std::string text(max_file_bytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) return Error{ErrorCode::retry_later, "configuration cannot be read"};
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > max_file_bytes)
        return Error{ErrorCode::refused, "configuration is larger than 256 KiB"};
    return text;
}

}  // namespace

Result<Settings> parse_settings(const std::string& text, const std::string& file,
                                const std::string& config_dir) {
    if (const auto line = too_deep_line(text))
        return Error{
            ErrorCode::refused,
            fmt::format("{}:{}: file: has too many dots or braces; write sections as [name]", file, *line)};
    try {
        auto root = toml::parse(text, file);
        fill_in(root, config_dir);
        return Loader{file}.load(root);
    } catch (const toml::parse_error& error) {
        return Error{ErrorCode::refused, fmt::format("{}:{}: TOML syntax: {}; correct this line", file,
                                                     error.source().begin.line, error.description())};
    } catch (const std::exception& error) {
        return Error{ErrorCode::bug, fmt::format("{}: {}", file, error.what())};
    }
}

Result<Settings> load_settings(const std::filesystem::path& file) {
    UPDATE_TRY(text, read_file(file), file.string());
    const auto whole = std::filesystem::absolute(file).lexically_normal();
    auto settings = parse_settings(text, file.string(), whole.parent_path().string());
    if (settings) settings->file = whole;
    return settings;
}

}  // namespace update
