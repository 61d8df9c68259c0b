// JSON from files and peers, read strictly: a wrong type or range is an error that names the field, a name
// given twice is an error (two readers could take different ones), an unknown name is tolerated (the peer may
// be newer).
#pragma once
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include <update/result.hpp>

namespace update {

using Json = nlohmann::json;
inline constexpr std::size_t max_json_depth = 16;

/// @return the object; `corrupt` when the text is larger than `max_bytes`, is not one JSON object in UTF-8,
/// is nested deeper than max_json_depth, or repeats a name within an object. Never throws.
Result<Json> parse_json_object(const std::string& text, std::size_t max_bytes);

/// One line of JSON. Bytes that are not UTF-8 become U+FFFD instead of an exception.
std::string json_text(const Json& value);

enum class Need : std::uint8_t { required, optional };

/// Reads the fields of one object. The first error is kept and ends the reading: later calls change nothing.
class FieldReader {
 public:
    /// @param where  prefix of field names in messages, as "artifacts[3]"
    explicit FieldReader(const Json& object, std::string where = {});

    void text(const char* field, std::string& into, Need need = Need::required);
    void flag(const char* field, bool& into, Need need = Need::required);
    template <std::integral T>
    void integer(const char* field, T& into, T smallest, T largest, Need need = Need::required);
    /// Absent or null: unknown.
    template <std::integral T>
    void integer(const char* field, std::optional<T>& into, T smallest = std::numeric_limits<T>::min(),
                 T largest = std::numeric_limits<T>::max());
    template <class Enum>
    void word(const char* field, Enum& into, std::optional<Enum> (*named)(std::string_view),
              Need need = Need::required);
    /// @return nullptr when absent, wrong or when an earlier field was wrong
    const Json* array(const char* field, std::size_t max_size, Need need = Need::required);
    const Json* object(const char* field, Need need = Need::required);

    /// Marks a field as wrong for a reason of the caller's.
    void fail(const char* field, const std::string& what);
    /// @return `corrupt` with the first wrong field
    Status status() const;
    const std::string& where() const { return where_; }

 private:
    const Json* find(const char* field, Need need);
    template <std::integral T>
    bool fits(const Json& value, T smallest, T largest) const;

    const Json& object_;
    std::string where_;
    std::optional<std::string> error_;
};

template <std::integral T>
bool FieldReader::fits(const Json& value, T smallest, T largest) const {
    if (value.is_number_unsigned()) {
        const auto n = value.get<std::uint64_t>();
        return std::cmp_greater_equal(n, smallest) && std::cmp_less_equal(n, largest);
    }
    if (!value.is_number_integer()) return false;
    const auto n = value.get<std::int64_t>();
    return std::cmp_greater_equal(n, smallest) && std::cmp_less_equal(n, largest);
}

template <std::integral T>
void FieldReader::integer(const char* field, T& into, T smallest, T largest, Need need) {
    const Json* value = find(field, need);
    if (value == nullptr) return;
    if (fits(*value, smallest, largest)) {
        into = value->get<T>();
    } else {
        fail(field,
             "must be a whole number from " + std::to_string(smallest) + " to " + std::to_string(largest));
    }
}

template <std::integral T>
void FieldReader::integer(const char* field, std::optional<T>& into, T smallest, T largest) {
    const Json* value = find(field, Need::optional);
    if (value == nullptr || value->is_null()) return;
    T number{};
    integer(field, number, smallest, largest, Need::optional);
    if (!error_) into = number;
}

template <class Enum>
void FieldReader::word(const char* field, Enum& into, std::optional<Enum> (*named)(std::string_view),
                       Need need) {
    std::string word;
    text(field, word, need);
    if (error_ || (word.empty() && find(field, Need::optional) == nullptr)) return;
    if (const auto value = named(word)) {
        into = *value;
    } else {
        fail(field, "is none of the words known here");
    }
}

}  // namespace update
