#include "trust/search.hpp"

#include <fmt/format.h>
#include <iterator>
#include <set>
#include <vector>

#include "trust/delegation.hpp"
#include "trust/trouble.hpp"

namespace update::trust {

Result<TargetFile> find_target(Cryptography& crypto, std::string_view path, unsigned max_delegations,
                               const LoadRole& load) {
    struct Visit {
        const Targets* delegator;
        std::string role;
    };
    std::vector<Visit> stack{{nullptr, std::string{name(TopRole::targets)}}};
    std::set<std::string> visited;
    while (!stack.empty() && visited.size() <= max_delegations) {
        const Visit visit = std::move(stack.back());
        stack.pop_back();
        if (!visited.insert(visit.role).second) continue;  // 5.6.7.1: cycles, and the second way to a role
        UPDATE_TRY(loaded, load(visit.delegator, visit.role), fmt::format("find {}", path));
        if (const auto found = loaded->targets.find(path); found != loaded->targets.end())
            return found->second;
        if (!loaded->delegations) continue;
        // 5.6.7.2: pre-order, in the order of the list; a terminating one ends the search behind it
        std::vector<Visit> next;
        for (const Delegate& delegate : delegates_for(crypto, *loaded->delegations, path)) {
            next.push_back({loaded, delegate.name});
            if (!delegate.terminating) continue;
            stack.clear();
            break;
        }
        std::move(next.rbegin(), next.rend(), std::back_inserter(stack));
    }
    return trouble(Trouble::not_listed, fmt::format("no trusted role lists {}", path));
}

}  // namespace update::trust
