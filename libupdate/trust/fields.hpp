// Reads the typed members of one object. The first error is kept and ends the reading: later calls change
// nothing.
#pragma once
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "trust/json.hpp"

namespace update::trust {

class Fields {
 public:
    /// @param where  names the object in messages, as "roles.root"
    Fields(const Json& object, std::string where);

    std::string text(std::string_view name);
    std::optional<std::string> text_if_any(std::string_view name);
    bool flag(std::string_view name);
    std::optional<bool> flag_if_any(std::string_view name);
    std::int64_t integer(std::string_view name, std::int64_t smallest,
                         std::int64_t largest = std::numeric_limits<std::int64_t>::max());
    std::optional<std::int64_t> integer_if_any(
        std::string_view name, std::int64_t smallest,
        std::int64_t largest = std::numeric_limits<std::int64_t>::max());
    /// @return an empty one after an error
    const Json::Object& object(std::string_view name);
    const Json::Array& array(std::string_view name);
    /// @return nullptr when absent or after an error
    const Json::Object* object_if_any(std::string_view name);
    const Json::Array* array_if_any(std::string_view name);
    std::optional<std::vector<std::string>> texts_if_any(std::string_view name);
    std::vector<std::string> texts(std::string_view name);

    void fail(std::string_view name, std::string_view what);
    /// Takes over the error of a part of this object, if it has one. @return true when all is well
    bool take(Status part);
    std::string where(std::string_view name) const;
    /// @return `corrupt` with the first wrong member
    Status status() const;
    bool ok() const { return !error_; }

 private:
    const Json* find(std::string_view name, bool required);

    const Json& object_;
    std::string where_;
    std::optional<std::string> error_;
};

}  // namespace update::trust
