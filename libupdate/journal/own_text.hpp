// Reads JSON that this program wrote itself: the same names in the same order, nothing between them, no text
// that had to be escaped. A tenth of the work of reading any JSON, for what watchers read again and again;
// what is written in another way is left to the reader of any JSON.
#pragma once
#include <algorithm>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include <update/outcome.hpp>

#include "journal/record.hpp"

namespace update {

/// Each call takes something off the front. @return false: something else stands there, and the rest is void
class OwnText {
 public:
    explicit OwnText(std::string_view text) : left_{text} {}

    bool literal(std::string_view expected) {
        if (!left_.starts_with(expected)) return false;
        left_.remove_prefix(expected.size());
        return true;
    }
    bool word(std::string_view& into) {
        const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '\\'; };
        const std::size_t end = literal("\"") ? left_.find('"') : std::string_view::npos;
        if (end == std::string_view::npos) return false;
        into = left_.substr(0, end);
        left_.remove_prefix(end + 1);
        return std::ranges::all_of(into, plain);
    }
    bool text(std::string& into) {
        std::string_view read;
        if (!word(read)) return false;
        into = read;
        return true;
    }
    template <std::integral T>
    bool number(T& into) {
        const char* const begin = left_.data();
        const auto [end, error] = std::from_chars(begin, begin + left_.size(), into);
        const bool other_zero = left_.starts_with("-0") || (left_.starts_with("0") && end != begin + 1);
        if (error != std::errc{} || other_zero) return false;
        left_.remove_prefix(static_cast<std::size_t>(end - begin));
        return true;
    }
    bool flag(bool& into) {
        into = left_.starts_with("true");
        return literal(into ? "true" : "false");
    }
    /// A member that may be absent. @param name  as it stands there, with the comma before it
    template <std::integral T>
    bool optional(std::string_view name, std::optional<T>& into) {
        return !literal(name) || number(into.emplace());
    }
    bool moment(Moment& into) {
        return literal("[") && text(into.boot_id) && literal(",") && number(into.us) && literal("]");
    }
    /// Of one that names nothing, which most do. The others are read the other way.
    bool evidence(Evidence& /*into*/) { return literal("{}"); }
    bool at_end() const { return left_.empty(); }

 private:
    std::string_view left_;
};

/// A record as `to_json` writes those without evidence, which most are.
/// @return nothing when it is written in any other way
std::optional<Record> own_record_from(std::string_view written);

}  // namespace update
