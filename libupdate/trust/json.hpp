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

    Json();
    explicit Json(bool value);
    explicit Json(std::int64_t value);
    explicit Json(std::string value);
    explicit Json(std::string_view value);
    explicit Json(const char* value);
    explicit Json(Array value);
    /// @param members  in any order; no name twice
    explicit Json(Object members);
    ~Json();
    Json(const Json&);
    Json(Json&&) noexcept;
    Json& operator=(const Json&);
    Json& operator=(Json&&) noexcept;

    bool is_null() const;
    // nullptr when it is of another type
    const bool* flag() const;
    const std::int64_t* integer() const;
    const std::string* text() const;
    const Array* array() const;
    const Object* object() const;

    /// @return nullptr when this is no object or has no such member
    const Json* find(std::string_view name) const;
    Json* find(std::string_view name);
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
