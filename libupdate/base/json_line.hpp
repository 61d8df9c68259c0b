// One JSON object on one line, written field by field: a tenth of the work of building it in memory first,
// for what is written before and after every effect.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace update {

/// Names are literals of ours and need no escaping. Nothing is sorted; a name twice is the caller's mistake.
class JsonLine {
 public:
    /// What stands for characters beyond ASCII. Bytes that are not UTF-8 become U+FFFD in both.
    enum class Beyond : std::uint8_t { escaped, as_they_are };

    explicit JsonLine(Beyond beyond) : beyond_{beyond} {}

    void text(std::string_view name, std::string_view value);
    void flag(std::string_view name, bool value) { written(name, value ? "true" : "false"); }
    template <std::integral T>
    void number(std::string_view name, T value) {
        written(name, std::to_string(value));
    }
    /// @param json  a value that is JSON already
    void written(std::string_view name, std::string_view json);

    std::string finish() const { return line_.empty() ? "{}" : line_ + "}"; }
    /// As a value: with quotation marks.
    static std::string quoted(std::string_view value, Beyond);

 private:
    Beyond beyond_;
    std::string line_;
};

}  // namespace update
