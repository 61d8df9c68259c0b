#include "releases/release_source.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "policy/choice.hpp"
#include "policy/version.hpp"
#include "releases/adopt_root.hpp"
#include "transfer/mirrors.hpp"
#include "transfer/watch.hpp"
#include "trust/names.hpp"
#include "trust/source.hpp"
#include "trust/trouble.hpp"
#include "trust/verify.hpp"

namespace update {
namespace {

using trust::Trouble, trust::trouble;

// Wrong once may be a middle box or a publication under way; wrong again is what is to be had.
constexpr unsigned rounds_max = 8, rounds_with_wrong_files = 2;

/// Of several repositories' troubles the one that an operator has to hear of.
unsigned gravity(const Error& error) {
    constexpr std::array order{Trouble::unreachable, Trouble::stale_mirror,  Trouble::local,
                               Trouble::not_listed,  Trouble::clock_suspect, Trouble::expired,
                               Trouble::rollback,    Trouble::tampered};
    const auto found = std::ranges::find(order, trust::trouble_of(error));
    return static_cast<unsigned>(found - order.begin());
}

bool is_passing(const Error& error) {
    const auto why = trust::trouble_of(error);
    return trust::is_trouble(error) && (why == Trouble::unreachable || why == Trouble::stale_mirror);
}

/// The own disk, or somebody who wants an end: another repository changes nothing.
bool is_own(const Error& error) { return !trust::is_trouble(error) && error.code() != ErrorCode::not_found; }

}  // namespace

ReleaseSource::ReleaseSource(const Settings& settings, const Layout& layout, ReleasePorts ports)
    : settings_{settings}, layout_{layout}, ports_{ports}, http_{ports.files, &ports.http} {}

Path ReleaseSource::list_file(const std::string& channel) const {
    const auto name = settings_.product + "@" + channel;
    return layout_.release_lists() /
           (trust::file_name(name, trust::digest_of(ports_.crypto, DigestKind::sha256, name)) + ".json");
}

WallTime ReleaseSource::now() const {
    trust::LocalStore store{ports_.files, ports_.crypto, layout_.trust()};
    return std::max({ports_.clock.wall(), ports_.clock.built_at(), store.floor().time});
}

Result<FetchedReleases> ReleaseSource::fetch(const std::string& channel, const std::string& version,
                                             const std::string& update_id) {
    if (settings_.trust.root.empty())
        return trouble(Trouble::local, "no trust.root is configured: nothing can be vouched for");
    if (settings_.trust.repositories.empty())
        return trouble(Trouble::local,
                       "no trust.repositories are configured; without a network: updatectl apply --bundle");
    UPDATE_CHECK(ports_.files.make_private_directory(layout_.trust()), "signed metadata");
    UPDATE_CHECK(ports_.files.make_private_directory(layout_.release_lists()), "signed metadata");
    Watch watch{ports_.channel, ports_.clock, update_id,
                ports_.clock.now() + settings_.transfer.total_timeout};
    const trust::Cancel cancel = [&watch] { return watch.look(); };
    for (unsigned round = 1;; ++round) {
        std::optional<Error> gravest;
        for (const Repository& repository : settings_.trust.repositories) {
            auto fetched = ask(repository, channel, version, cancel);
            if (fetched || is_own(fetched.error())) return fetched;
            if (!gravest || gravity(fetched.error()) > gravity(*gravest)) gravest = fetched.error();
        }
        const unsigned rounds = is_passing(*gravest) ? std::min(settings_.transfer.attempts, rounds_max)
                                                     : rounds_with_wrong_files;
        if (round >= rounds) return *std::move(gravest);
        const auto pause = backoff(settings_.transfer, round, {}, ports_.random);
        if (auto waited = watch.wait(ports_.clock.now() + pause); !waited) return waited.error();
    }
}

Result<FetchedReleases> ReleaseSource::ask(const Repository& repository, const std::string& channel,
                                           const std::string& version, const trust::Cancel& cancel) {
    UPDATE_TRY(shipped, shipped_root(ports_.files, settings_.trust), "trust");
    trust::ClientOptions options;
    options.cancel = cancel;
    options.built_at = ports_.clock.built_at();
    trust::Client client{{http_, ports_.files, ports_.clock, ports_.crypto},
                         layout_.trust(),
                         {repository.metadata, repository.targets},
                         options};
    UPDATE_CHECK(adopt_root(ports_.crypto, client.store(), shipped), "trust");
    UPDATE_CHECK(client.refresh(), "signed metadata");
    UPDATE_CHECK(fetch_list(client, repository, channel, cancel), "release list");
    UPDATE_CHECK(fetch_roles(client, channel, version), "release list");
    UPDATE_CHECK(forget_unused(client, channel), "unused metadata");
    return stored(channel, Expiry::judged);
}

/// What lies here already and is what is signed is not fetched again.
Status ReleaseSource::fetch_list(trust::Client& client, const Repository& repository,
                                 const std::string& channel, const trust::Cancel& cancel) {
    const auto target = release_list_target(settings_.product, channel);
    UPDATE_TRY(file, client.find(target), target);
    if (file.length > static_cast<std::int64_t>(max_release_list_bytes))
        return trouble(Trouble::tampered, fmt::format("{} is larger than any list may be", target));
    const auto intact = [&](const std::string& text) {
        return trust::check_content(ports_.crypto, text, file.length, file.hashes, target);
    };
    const auto kept = read_text(ports_.files, list_file(channel), max_release_list_bytes);
    if (kept && intact(*kept)) return done();
    const bool prefixed = client.trusted()->root().consistent_snapshot;
    const auto url = trust::target_url({repository.metadata, repository.targets, prefixed}, target,
                                       prefixed ? trust::hash_prefix(file) : "");
    UPDATE_TRY(text,
               trust::fetch_text(http_, ports_.clock, url, static_cast<std::size_t>(file.length), cancel),
               "fetch");
    UPDATE_CHECK(intact(text), "fetch");
    return replace_in_cache(ports_.files, list_file(channel), text);
}

/// The roles that speak for the files of a release may be others than the one that speaks for the list.
Status ReleaseSource::fetch_roles(trust::Client& client, const std::string& channel,
                                  std::string_view version) {
    UPDATE_TRY(text, read_text(ports_.files, list_file(channel), max_release_list_bytes), "release list");
    const auto list = parse_release_list(text);
    if (!list) return trouble(Trouble::tampered, list.error().message());
    for (const Release& release : list->releases)
        if (version.empty() || release.version == normalised(version))
            for (const ReleaseArtifact& artifact : release.artifacts)
                if (auto found = client.find(artifact.target);
                    !found && trust::trouble_of(found.error()) != Trouble::not_listed)
                    return std::move(found).error();
    return done();
}

/// Of the channels that this endpoint was on once, lists and roles go. Those of its own channel stay while
/// somebody selects from another one: `explain` speaks of them.
Status ReleaseSource::forget_unused(trust::Client& client, const std::string& channel) {
    const Path own = list_file(resolve_channel({settings_.policy.channel, {}, {}}).name);
    const Path used = list_file(channel);
    UPDATE_TRY(is_own_kept, exists(ports_.files, own), "own channel");
    if (is_own_kept && own != used) return done();
    UPDATE_TRY(names, ports_.files.list(layout_.release_lists()), "release lists");
    for (const std::string& name : names)
        if (layout_.release_lists() / name != used)
            UPDATE_CHECK(ports_.files.remove(layout_.release_lists() / name), "release lists");
    return client.store().keep_only(client.trusted()->target_roles());
}

Result<FetchedReleases> ReleaseSource::stored(const std::string& channel, Expiry expiry) const {
    const trust::Limits limits;
    trust::LocalStore store{ports_.files, ports_.crypto, layout_.trust()};
    UPDATE_TRY(shipped, shipped_root(ports_.files, settings_.trust), "trust");
    Vouchers vouchers;
    UPDATE_TRY(roots, roots_after(ports_.crypto, store, shipped), "trust");
    vouchers.roots = std::move(roots);
    auto list = read_text(ports_.files, list_file(channel), max_release_list_bytes);
    if (!list && list.error().code() != ErrorCode::not_found) return std::move(list).error();
    if (!list) return trouble(Trouble::local, fmt::format("no release list of {} is kept here", channel));
    vouchers.list = std::move(*list);
    const trust::Time time =
        expiry == Expiry::judged
            ? trust::Time{ports_.clock.wall(), ports_.clock.built_at(), store.floor().time}
            : trust::Time{};
    auto& roles = vouchers.roles;
    const RoleBytes read = [&](const std::string& role) {
        auto bytes = store.read(role, limits.named_bytes);
        if (bytes) roles[role] = *bytes;
        return bytes;
    };
    auto releases = SignedReleases::read(ports_.crypto, time, {shipped, vouchers.roots, read, vouchers.list},
                                         settings_.product, channel);
    if (!releases) return std::move(releases).error();
    // Its files, too, must be vouched for by what is kept: roles that the list alone does not need.
    for (const Release& release : releases->list().releases) (void)releases->check(release, read);
    return FetchedReleases{std::move(*releases), std::move(vouchers)};
}

}  // namespace update
