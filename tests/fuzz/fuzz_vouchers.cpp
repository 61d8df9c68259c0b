// What lies beside a plan, as whoever writes to the state folder may leave it: as a text, and as a good one
// with other bytes somewhere. Whatever it is, it vouches for what was signed or for nothing.
#include <algorithm>
#include <map>

#include "input.hpp"
#include "policy/release.hpp"
#include "releases/signed_releases.hpp"
#include "releases/vouchers.hpp"
#include "support/tuf_repository.hpp"

namespace {

using namespace update;

/// One publisher with one release, made once.
struct Publisher {
    test::TufRepository repository;
    OpensslCryptography crypto;
    ReleaseList list{"agent", "stable", {}, {}};
    Vouchers good;

    Publisher() {
        Release release;
        release.version = "1.1.0";
        release.artifacts = {{Role::agent, "linux", "x86_64", "bin/agent", "agent/stable/a", 1, {}, true}};
        list.releases = {release};
        repository.delegate("targets", "agent-stable", "agent/stable/*", test::signer(1));
        good.list = to_json(list);
        repository.add("agent-stable", "agent/stable/releases.json", good.list);
        repository.publish({"agent-stable", "targets", "snapshot", "timestamp"});
        for (const auto* role : {"timestamp", "snapshot", "targets", "agent-stable"})
            good.roles[role] = repository.latest(role);
        fuzz::require(bool{read(good)});
    }
    Result<SignedReleases> read(const Vouchers& vouchers) {
        const RoleBytes role = [&vouchers](const std::string& name) {
            const auto found = vouchers.roles.find(name);
            return found != vouchers.roles.end() ? std::optional{found->second} : std::nullopt;
        };
        return SignedReleases::read(
            crypto, {}, {repository.first_root(), vouchers.roots, role, vouchers.list}, "agent", "stable");
    }
    void check(const Vouchers& vouchers) {
        if (const auto said = read(vouchers)) fuzz::require(said->list() == list);
    }
};

/// Each edit: which file, two bytes of offset, how many bytes, these bytes.
Vouchers edited(Vouchers vouchers, std::string_view edits) {
    std::vector<std::string*> files{&vouchers.list};
    for (auto& [role, bytes] : vouchers.roles) files.push_back(&bytes);
    const auto byte = [&edits](std::size_t at) { return static_cast<unsigned char>(edits[at]); };
    while (edits.size() > 4) {
        std::string& file = *files[byte(0) % files.size()];
        const std::size_t at = (byte(1) * 256U + byte(2)) % (file.size() + 1);
        const std::size_t count = std::min<std::size_t>(byte(3) % 32, edits.size() - 4);
        file.replace(at, std::min(count, file.size() - at), edits.substr(4, count));
        edits.remove_prefix(4 + count);
    }
    return vouchers;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Publisher publisher;
    const std::string text{fuzz::text_of(data, size)};
    if (const auto vouchers = parse_vouchers(text)) {
        const auto again = parse_vouchers(to_json(*vouchers));
        fuzz::require(bool{again} && *again == *vouchers);
        publisher.check(*vouchers);
    }
    publisher.check(edited(publisher.good, text));
    return 0;
}
