// What an endpoint trusts, for people: nothing is judged here.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ports/clock.hpp"
#include "trust/local_store.hpp"

namespace update {

struct StoredRole {
    std::string name;
    std::int64_t version = 0, days_to_expiry = 0;
    std::string expires;
    bool operator==(const StoredRole&) const = default;
};
/// The four top-level roles, as far as they lie in the store.
std::vector<StoredRole> stored_roles(trust::LocalStore&, WallTime now);

}  // namespace update
