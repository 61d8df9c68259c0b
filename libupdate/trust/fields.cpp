#include "trust/fields.hpp"

#include <fmt/format.h>

namespace update::trust {

Fields::Fields(const Json& object, std::string where) : object_{object}, where_{std::move(where)} {
    if (object_.object() == nullptr)
        error_ = fmt::format("{} is not an object", where_.empty() ? "it" : where_);
}

std::string Fields::where(std::string_view name) const {
    return where_.empty() ? std::string{name} : fmt::format("{}.{}", where_, name);
}

void Fields::fail(std::string_view name, std::string_view what) {
    if (!error_) error_ = fmt::format("{} {}", where(name), what);
}

bool Fields::take(Status part) {
    if (!part && !error_) error_ = part.error().message();
    return ok();
}

Status Fields::status() const {
    if (error_) return Error{ErrorCode::corrupt, *error_};
    return done();
}

const Json* Fields::find(std::string_view name, bool required) {
    if (error_) return nullptr;
    const Json* found = object_.find(name);
    if (found == nullptr && required) fail(name, "is missing");
    return found;
}

std::optional<std::string> Fields::text_if_any(std::string_view name) {
    const Json* value = find(name, false);
    if (value == nullptr) return std::nullopt;
    if (const auto* text = value->text()) return *text;
    fail(name, "must be a string");
    return std::nullopt;
}
std::string Fields::text(std::string_view name) {
    find(name, true);
    return text_if_any(name).value_or(std::string{});
}

std::optional<bool> Fields::flag_if_any(std::string_view name) {
    const Json* value = find(name, false);
    if (value == nullptr) return std::nullopt;
    if (const auto* flag = value->flag()) return *flag;
    fail(name, "must be true or false");
    return std::nullopt;
}
bool Fields::flag(std::string_view name) {
    find(name, true);
    return flag_if_any(name).value_or(false);
}

std::optional<std::int64_t> Fields::integer_if_any(std::string_view name, std::int64_t smallest,
                                                   std::int64_t largest) {
    const Json* value = find(name, false);
    if (value == nullptr) return std::nullopt;
    const auto* number = value->integer();
    if (number != nullptr && *number >= smallest && *number <= largest) return *number;
    fail(name, fmt::format("must be a whole number from {} to {}", smallest, largest));
    return std::nullopt;
}
std::int64_t Fields::integer(std::string_view name, std::int64_t smallest, std::int64_t largest) {
    find(name, true);
    return integer_if_any(name, smallest, largest).value_or(smallest);
}

const Json::Object* Fields::object_if_any(std::string_view name) {
    const Json* value = find(name, false);
    if (value == nullptr) return nullptr;
    if (value->object() == nullptr) fail(name, "must be an object");
    return value->object();
}
const Json::Object& Fields::object(std::string_view name) {
    static const Json::Object none;
    find(name, true);
    const auto* found = object_if_any(name);
    return found != nullptr ? *found : none;
}

const Json::Array* Fields::array_if_any(std::string_view name) {
    const Json* value = find(name, false);
    if (value == nullptr) return nullptr;
    if (value->array() == nullptr) fail(name, "must be an array");
    return value->array();
}
const Json::Array& Fields::array(std::string_view name) {
    static const Json::Array none;
    find(name, true);
    const auto* found = array_if_any(name);
    return found != nullptr ? *found : none;
}

std::optional<std::vector<std::string>> Fields::texts_if_any(std::string_view name) {
    const auto* elements = array_if_any(name);
    if (elements == nullptr) return std::nullopt;
    std::vector<std::string> texts;
    for (const Json& element : *elements) {
        if (element.text() == nullptr) {
            fail(name, "must be an array of strings");
            return std::nullopt;
        }
        texts.push_back(*element.text());
    }
    return texts;
}
std::vector<std::string> Fields::texts(std::string_view name) {
    find(name, true);
    return texts_if_any(name).value_or(std::vector<std::string>{});
}

}  // namespace update::trust
