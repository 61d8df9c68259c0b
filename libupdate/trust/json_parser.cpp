#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "base/grammar.hpp"
#include "trust/json.hpp"

namespace update::trust {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& text, char32_t point) {
    const auto add = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (point < 0x80) return add(point);
    if (point < 0x800) {
        add(0xc0U | point >> 6U);
    } else if (point < 0x10000) {
        add(0xe0U | point >> 12U);
        add(0x80U | (point >> 6U & 0x3fU));
    } else {
        add(0xf0U | point >> 18U);
        add(0x80U | (point >> 12U & 0x3fU));
        add(0x80U | (point >> 6U & 0x3fU));
    }
    add(0x80U | (point & 0x3fU));
}

/// Recursive descent; the depth is counted, so the stack is bounded. The first trouble ends the reading:
/// every function answers false from then on.
class Parser {
 public:
    explicit Parser(std::string_view text) : text_{text} {}

    Result<Json> run() {
        Json value;
        skip_blanks();
        if (parse(value, 0)) {
            skip_blanks();
            if (at_ == text_.size()) return value;
            fail("something follows the value");
        }
        return Error{ErrorCode::corrupt, fmt::format("not acceptable JSON at byte {}: {}", at_, trouble_)};
    }

 private:
    bool fail(const char* what) {
        if (trouble_ == nullptr) trouble_ = what;
        return false;
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char wanted) {
        if (at_ == text_.size() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }
    bool take(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) return fail("unknown word");
        at_ += word.size();
        return true;
    }
    void skip_blanks() {
        while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string_view::npos)
            ++at_;
    }

    bool parse(Json& into, std::size_t depth) {
        if (depth > max_depth) return fail("nested too deep");
        switch (peek()) {
            case '{':
                return parse_object(into, depth);
            case '[':
                return parse_array(into, depth);
            case '"':
                return parse_text(into);
            case 't':
                into = Json{true};
                return take("true");
            case 'f':
                into = Json{false};
                return take("false");
            case 'n':
                into = Json{};
                return take("null");
            default:
                return parse_integer(into);
        }
    }

    bool parse_object(Json& into, std::size_t depth) {
        Json::Object members;
        ++at_;
        skip_blanks();
        if (!take('}')) {
            do {
                members.emplace_back();
                skip_blanks();
                if (!parse_string(members.back().name)) return false;
                skip_blanks();
                if (!take(':')) return fail("':' expected");
                skip_blanks();
                if (!parse(members.back().value, depth + 1)) return false;
                skip_blanks();
            } while (take(','));
            if (!take('}')) return fail("',' or '}' expected");
        }
        std::ranges::sort(members, {}, &Member::name);
        if (std::ranges::adjacent_find(members, {}, &Member::name) != members.end())
            return fail("a name occurs twice in one object");
        into = Json{std::move(members)};
        return true;
    }

    bool parse_array(Json& into, std::size_t depth) {
        Json::Array elements;
        ++at_;
        skip_blanks();
        if (!take(']')) {
            do {
                elements.emplace_back();
                skip_blanks();
                if (!parse(elements.back(), depth + 1)) return false;
                skip_blanks();
            } while (take(','));
            if (!take(']')) return fail("',' or ']' expected");
        }
        into = Json{std::move(elements)};
        return true;
    }

    bool parse_integer(Json& into) {
        const auto begin = at_;
        take('-');
        const auto digits = at_;
        while (is_digit(peek())) ++at_;
        if (at_ == digits) return fail("a value is expected");
        if (text_[digits] == '0' && at_ > digits + 1) return fail("a number begins with 0");
        if (peek() == '.' || peek() == 'e' || peek() == 'E') return fail("not a whole number");
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text_.data() + begin, text_.data() + at_, value);
        if (error != std::errc{} || end != text_.data() + at_)
            return fail("a number needs more than 64 bits");
        into = Json{value};
        return true;
    }

    bool parse_text(Json& into) {
        std::string text;
        if (!parse_string(text)) return false;
        into = Json{std::move(text)};
        return true;
    }

    bool parse_string(std::string& into) {
        if (!take('"')) return fail("a string is expected");
        for (;;) {
            const auto begin = at_;
            while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
                   static_cast<unsigned char>(text_[at_]) >= 0x20)
                ++at_;
            into.append(text_.substr(begin, at_ - begin));
            if (take('"')) return true;
            if (!take('\\')) return fail(at_ == text_.size() ? "a string does not end" : "control character");
            if (!parse_escape(into)) return false;
        }
    }

    bool parse_escape(std::string& into) {
        constexpr std::string_view names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
        if (const auto found = names.find(peek()); at_ < text_.size() && found != std::string_view::npos) {
            into.push_back(values[found]);
            ++at_;
            return true;
        }
        char32_t point = 0;
        if (!take('u') || !parse_hex(point)) return fail("unknown escape");
        if (point >= 0xd800 && point < 0xdc00) {
            char32_t low = 0;
            if (!take('\\') || !take('u') || !parse_hex(low) || low < 0xdc00 || low > 0xdfff)
                return fail("unpaired surrogate");
            point = 0x10000 + ((point - 0xd800) << 10U) + (low - 0xdc00);
        } else if (point >= 0xdc00 && point < 0xe000) {
            return fail("unpaired surrogate");
        }
        append_utf8(into, point);
        return true;
    }

    bool parse_hex(char32_t& into) {
        const auto four = text_.substr(at_, 4);
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(four.data(), four.data() + four.size(), value, 16);
        if (four.size() != 4 || error != std::errc{} || end != four.data() + 4) return false;
        into = value;
        at_ += 4;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    const char* trouble_ = nullptr;
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_bytes) {
    if (text.size() > max_bytes)
        return Error{ErrorCode::corrupt,
                     fmt::format("{} bytes, at most {} are acceptable", text.size(), max_bytes)};
    if (!is_utf8(text)) return Error{ErrorCode::corrupt, "not UTF-8"};
    return Parser{text}.run();
}

}  // namespace update::trust
