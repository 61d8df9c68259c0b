// JSON as signed metadata may use it, read strictly: two readers must never understand one text differently.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <update/result.hpp>

namespace update::trust {

struct Member;

/// One value. Objects keep their members sorted by the bytes of the names, which is also the canonical order.
class Json {
 public:
    using Array = std::vector<Json>;
    using Object = std::vector<Member>;

    Json() = default;
    explicit Json(bool value) : value_{value} {}
    explicit Json(std::int64_t value) : value_{value} {}
    explicit Json(std::string value) : value_{std::move(value)} {}
    explicit Json(std::string_view value) : value_{std::string{value}} {}
    explicit Json(const char* value) : value_{std::string{value}} {}
    explicit Json(Array value) : value_{std::move(value)} {}
    /// @param members  in any order; no name twice
    explicit Json(Object members);

    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    const bool* flag() const { return std::get_if<bool>(&value_); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
    const std::string* text() const { return std::get_if<std::string>(&value_); }
    const Array* array() const { return std::get_if<Array>(&value_); }
    const Object* object() const { return std::get_if<Object>(&value_); }

    /// @return nullptr when this is no object or has no such member
    const Json* find(std::string_view name) const;
    /// Sets or adds a member; a value that is no object becomes an empty one first.
    void set(std::string_view name, Json value);
    void remove(std::string_view name);

    bool operator==(const Json&) const;

 private:
    std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

struct Member {
    std::string name;
    Json value;
    bool operator==(const Member&) const = default;
};

inline constexpr std::size_t max_depth = 32;  ///< of arrays and objects; TUF itself needs 6

/// One JSON text in UTF-8 (RFC 8259), with white space around it.
/// @return `corrupt` with the byte position for anything else, and for what readers disagree about: a name
/// twice in
///         one object, a number that is not a whole one of 64 bits, an unpaired surrogate, nesting below
///         `max_depth`, more than `max_bytes`
Result<Json> parse_json(std::string_view text, std::size_t max_bytes);

/// OLPC Canonical JSON: what is signed. Names sorted, no white space, in strings only `"` and `\` escaped.
std::string canonical(const Json&);

/// For people and for files that are read by others: indented by one space, control characters escaped.
std::string indented(const Json&);

}  // namespace update::trust
