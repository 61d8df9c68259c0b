#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "trust/json.hpp"

namespace update::trust {
namespace {

void append_number(std::string& into, std::int64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    into.append(digits.data(), end);
}

/// OLPC: everything but these two characters stands for itself, control characters too.
void append_canonical(std::string& into, std::string_view text) {
    const auto is_plain = [](char c) { return c != '"' && c != '\\'; };
    into.push_back('"');
    while (!text.empty()) {
        const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
        into += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) break;
        into.push_back('\\');
        into.push_back(text.front());
        text.remove_prefix(1);
    }
    into.push_back('"');
}

void append_escaped(std::string& into, std::string_view text) {
    into.push_back('"');
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            into += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            if (c == '"' || c == '\\') into.push_back('\\');
            into.push_back(c);
        }
    }
    into.push_back('"');
}

/// How the two forms differ: in the escaping of strings and in white space.
struct Form {
    void (*string)(std::string&, std::string_view);
    bool pretty;
};

void append(std::string& into, const Json& value, const Form& form, std::size_t depth);

void new_line(std::string& into, const Form& form, std::size_t depth) {
    if (form.pretty) into.append(1, '\n').append(depth, ' ');
}

template <class Elements, class Each>
void append_all(std::string& into, const Elements& elements, char open, char close, const Form& form,
                std::size_t depth, Each&& each) {
    into.push_back(open);
    bool first = true;
    for (const auto& element : elements) {
        if (!first) into.push_back(',');
        first = false;
        new_line(into, form, depth + 1);
        each(element);
    }
    if (!first) new_line(into, form, depth);
    into.push_back(close);
}

void append(std::string& into, const Json& value, const Form& form, std::size_t depth) {
    if (const auto* members = value.object()) {
        return append_all(into, *members, '{', '}', form, depth, [&](const Member& member) {
            form.string(into, member.name);
            into += form.pretty ? ": " : ":";
            append(into, member.value, form, depth + 1);
        });
    }
    if (const auto* elements = value.array())
        return append_all(into, *elements, '[', ']', form, depth,
                          [&](const Json& element) { append(into, element, form, depth + 1); });
    if (const auto* text = value.text()) return form.string(into, *text);
    if (const auto* number = value.integer()) return append_number(into, *number);
    if (const auto* flag = value.flag()) {
        into += *flag ? "true" : "false";
        return;
    }
    into += "null";
}

}  // namespace

std::string canonical(const Json& value) {
    std::string text;
    append(text, value, {&append_canonical, false}, 0);
    return text;
}

std::string indented(const Json& value) {
    std::string text;
    append(text, value, {&append_escaped, true}, 0);
    return text;
}

}  // namespace update::trust
