// One JSON object on one line, written field by field: a tenth of the work of building it in memory first,
// for what is written before and after every effect.
#pragma once
#include <array>
#include <charconv>
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
        std::array<char, 24> digits;  // of 64 bits, with a sign
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        written(name, {digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    /// @param json  a value that is JSON already
    void written(std::string_view name, std::string_view json);

    /// The line, which is empty then.
    std::string finish();
    /// As a value: with quotation marks.
    static std::string quoted(std::string_view value, Beyond);

 private:
    void begin(std::string_view name);

    Beyond beyond_;
    std::string line_;
};

}  // namespace update
