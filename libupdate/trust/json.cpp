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
