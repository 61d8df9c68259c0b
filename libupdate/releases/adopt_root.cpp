#include "releases/adopt_root.hpp"

#include <fmt/format.h>

#include "durable/durable.hpp"
#include "trust/trouble.hpp"

namespace update {
namespace {

constexpr std::uint32_t writable_by_others = 0002;

using trust::Trouble, trust::trouble;

/// @param set  begun with the root that they follow
std::vector<std::string> roots_after(trust::TrustedSet& set, trust::LocalStore& store) {
    std::vector<std::string> roots;
    for (;;) {
        auto next = store.kept_root(set.root().version + 1, trust::Limits{}.root_bytes);
        if (!next || !set.next_root(*next)) return roots;
        roots.push_back(std::move(*next));
    }
}

}  // namespace

Result<std::string> shipped_root(Files& files, const TrustSettings& settings) {
    if (settings.root.empty())
        return trouble(Trouble::local, "no trust.root is configured: nothing can be vouched for");
    auto looked = files.info(settings.root);
    if (!looked && looked.error().code() == ErrorCode::not_found)
        return trouble(Trouble::local, fmt::format("trust.root: there is no {}", settings.root.string()));
    UPDATE_TRY(info, std::move(looked), "trust.root");
    if ((info.mode & writable_by_others) != 0)
        return trouble(Trouble::local,
                       fmt::format("everybody can write to {}; chmod o-w it", settings.root.string()));
    return read_text(files, settings.root, trust::Limits{}.root_bytes);
}

Result<std::vector<std::string>> roots_after(Cryptography& crypto, trust::LocalStore& store,
                                             const std::string& shipped) {
    trust::TrustedSet set{crypto, {}, {}};
    UPDATE_CHECK(set.start(shipped), "trust.root");
    return roots_after(set, store);
}

Status adopt_root(Cryptography& crypto, trust::LocalStore& store, const std::string& shipped) {
    const trust::Limits limits;
    trust::TrustedSet set{crypto, limits, {}};
    UPDATE_CHECK(set.start(shipped), "trust.root");
    const auto first = set.root().version;
    const auto kept = store.kept_root(first, limits.root_bytes);
    // Another publisher, or another beginning: what was trusted before counts no more.
    if (kept && *kept != shipped) UPDATE_CHECK(store.reset(), "begin with another root");
    const auto newer = roots_after(set, store);
    const std::string& newest = newer.empty() ? shipped : newer.back();
    if (kept == shipped && store.read("root", limits.root_bytes) == newest) return done();
    // A root that is missing here is fetched again; the floor of what was trusted stays.
    UPDATE_CHECK(store.write_root(first, shipped), "shipped root");
    if (newer.empty()) return done();
    return store.write_root(first + static_cast<trust::Version>(newer.size()), newest);
}

}  // namespace update
