#include "service/scm_command_line.hpp"

#include <algorithm>

namespace update {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

char folded(char c) {
    if (c == '/') return '\\';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Backslashes count only before a quote: there each needs another one.
std::string quoted(std::string_view word) {
    std::string text = "\"";
    std::size_t backslashes = 0;
    for (const char c : word) {
        if (c == '"') text.append(backslashes + 1, '\\');
        backslashes = c == '\\' ? backslashes + 1 : 0;
        text += c;
    }
    text.append(backslashes, '\\');
    return text + '"';
}

/// Of an unquoted line: behind ".exe", or its end where it names none.
std::size_t program_end(std::string_view line) {
    constexpr std::string_view suffix = ".exe";
    const auto found = std::search(line.begin(), line.end(), suffix.begin(), suffix.end(),
                                   [](char c, char wanted) { return folded(c) == wanted; });
    return found == line.end() ? line.size() : static_cast<std::size_t>(found - line.begin()) + suffix.size();
}

std::string take_program(std::string_view& line) {
    const bool in_quotes = line.starts_with('"');
    if (in_quotes) line.remove_prefix(1);
    const auto end = std::ranges::find_if(line, [&](char c) { return in_quotes ? c == '"' : is_space(c); });
    const auto length = static_cast<std::size_t>(end - line.begin());
    std::string program{line.substr(0, length)};
    line.remove_prefix(std::min(line.size(), length + (in_quotes ? 1 : 0)));
    return program;
}

/// `line` begins with the word. Two quotes inside quotes are one that counts (as the C runtime has it).
std::string take_argument(std::string_view& line) {
    std::string word;
    bool in_quotes = false;
    std::size_t at = 0;
    while (at < line.size() && (in_quotes || !is_space(line[at]))) {
        const std::size_t begin = at;
        while (at < line.size() && line[at] == '\\') ++at;
        const std::size_t backslashes = at - begin;
        const bool before_quote = at < line.size() && line[at] == '"';
        word.append(before_quote ? backslashes / 2 : backslashes, '\\');
        if (!before_quote) {
            if (at < line.size() && (in_quotes || !is_space(line[at]))) word += line[at++];
            continue;
        }
        const bool literal = backslashes % 2 == 1;
        const bool doubled = !literal && in_quotes && at + 1 < line.size() && line[at + 1] == '"';
        if (literal || doubled)
            word += '"';
        else
            in_quotes = !in_quotes;
        at += doubled ? 2 : 1;
    }
    line.remove_prefix(at);
    return word;
}

}  // namespace

std::string windows_command_line(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + quoted(word);
    return line;
}

std::vector<std::string> words_of_command_line(std::string_view line) {
    std::vector<std::string> words;
    if (line.empty()) return words;
    words.push_back(take_program(line));
    for (;;) {
        while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
        if (line.empty()) return words;
        words.push_back(take_argument(line));
    }
}

bool is_ambiguous(std::string_view line) {
    return !line.starts_with('"') &&
           line.substr(0, program_end(line)).find_first_of(" \t") != std::string_view::npos;
}

std::string without_ambiguity(std::string_view line) {
    if (!is_ambiguous(line)) return std::string{line};
    const auto end = program_end(line);
    return '"' + std::string{line.substr(0, end)} + '"' + std::string{line.substr(end)};
}

bool same_program(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, folded, folded);
}

bool same_command(std::string_view left, std::string_view right) {
    const auto a = words_of_command_line(left), b = words_of_command_line(right);
    if (a.size() != b.size()) return false;
    if (a.empty()) return true;
    return same_program(a.front(), b.front()) && std::equal(a.begin() + 1, a.end(), b.begin() + 1);
}

}  // namespace update
