#include "releases/trust_state.hpp"

#include "trust/instant.hpp"
#include "trust/json.hpp"

namespace update {

std::vector<StoredRole> stored_roles(trust::LocalStore& store, WallTime now) {
    const auto largest = trust::Limits{}.named_bytes;
    std::vector<StoredRole> roles;
    for (const auto role : trust::top_roles) {
        const auto text = store.read(trust::name(role), largest);
        const auto json = text ? trust::parse_json(*text, largest) : Result<trust::Json>{trust::Json{}};
        const auto* document = json ? json->find("signed") : nullptr;
        const auto* version = document != nullptr ? document->find("version") : nullptr;
        const auto* expires = document != nullptr ? document->find("expires") : nullptr;
        if (version == nullptr || version->integer() == nullptr || expires == nullptr ||
            expires->text() == nullptr)
            continue;
        const auto date = trust::parse_date(*expires->text());
        if (!date) continue;
        roles.push_back({std::string{trust::name(role)}, *version->integer(),
                         std::chrono::floor<std::chrono::days>(*date - now).count(), *expires->text()});
    }
    return roles;
}

}  // namespace update
