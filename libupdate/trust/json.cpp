#include "trust/json.hpp"

#include <algorithm>

namespace update::trust {
namespace {

bool by_name(const Member& a, const Member& b) { return a.name < b.name; }

auto position_of(std::vector<Member>& members, std::string_view name) {
    return std::lower_bound(
        members.begin(), members.end(), name,
        [](const Member& member, std::string_view wanted) { return member.name < wanted; });
}

}  // namespace

// Here, where Member is complete.
Json::Json() = default;
Json::Json(bool value) : value_{value} {}
Json::Json(std::int64_t value) : value_{value} {}
Json::Json(std::string value) : value_{std::move(value)} {}
Json::Json(std::string_view value) : value_{std::string{value}} {}
Json::Json(const char* value) : value_{std::string{value}} {}
Json::Json(Array value) : value_{std::move(value)} {}
Json::~Json() = default;
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;

bool Json::is_null() const { return std::holds_alternative<std::monostate>(value_); }
const bool* Json::flag() const { return std::get_if<bool>(&value_); }
const std::int64_t* Json::integer() const { return std::get_if<std::int64_t>(&value_); }
const std::string* Json::text() const { return std::get_if<std::string>(&value_); }
const Json::Array* Json::array() const { return std::get_if<Array>(&value_); }
const Json::Object* Json::object() const { return std::get_if<Object>(&value_); }

Json::Json(Object members) {
    std::ranges::sort(members, by_name);
    value_ = std::move(members);
}

const Json* Json::find(std::string_view name) const {
    const Object* members = object();
    if (members == nullptr) return nullptr;
    const auto found =
        std::lower_bound(members->begin(), members->end(), name,
                         [](const Member& member, std::string_view wanted) { return member.name < wanted; });
    return found != members->end() && found->name == name ? &found->value : nullptr;
}

Json* Json::find(std::string_view name) {
    return const_cast<Json*>(static_cast<const Json*>(this)->find(name));  // NOLINT: this is not const
}

void Json::set(std::string_view name, Json value) {
    if (object() == nullptr) value_ = Object{};
    auto& members = std::get<Object>(value_);
    const auto found = position_of(members, name);
    if (found != members.end() && found->name == name) {
        found->value = std::move(value);
    } else {
        members.insert(found, Member{std::string{name}, std::move(value)});
    }
}

void Json::remove(std::string_view name) {
    auto* members = std::get_if<Object>(&value_);
    if (members == nullptr) return;
    const auto found = position_of(*members, name);
    if (found != members->end() && found->name == name) members->erase(found);
}

bool Json::operator==(const Json& other) const { return value_ == other.value_; }

}  // namespace update::trust
