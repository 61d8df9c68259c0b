#include "repo.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/json_reader.hpp"
#include "compose/publishing.hpp"
#include "durable/durable.hpp"
#include "output.hpp"
#include "policy/version.hpp"
#include "repo_desk.hpp"
#include "repository/bundle.hpp"
#include "repository/import.hpp"
#include "trust/instant.hpp"

namespace update::ctl {
namespace {

using repository::Publisher;

std::optional<KeyScheme> scheme_named(const std::string& word) {
    if (word == "ed25519") return KeyScheme::ed25519;
    if (word == "ecdsa") return KeyScheme::ecdsa_sha2_p256;
    if (word == "rsa") return KeyScheme::rsa_pss_sha256;
    return std::nullopt;
}

/// ROLE:INSTALL_PATH=FILE[,os=OS][,arch=ARCH][,self-test]
Result<repository::ArtifactWish> parse_artifact(const std::string& text) {
    const Error wrong{ErrorCode::refused,
                      "not ROLE:INSTALL_PATH=FILE[,os=OS][,arch=ARCH][,self-test]: " + text};
    const auto colon = text.find(':'), equals = text.find('=', colon);
    if (colon == std::string::npos || equals == std::string::npos) return wrong;
    const auto role = role_named(text.substr(0, colon));
    if (!role) return Error{ErrorCode::refused, "roles are agent, companion, watchdog, file: " + text};
    repository::ArtifactWish wish;
    wish.artifact.role = *role;
    wish.artifact.install_path = text.substr(colon + 1, equals - colon - 1);
    auto rest = text.substr(equals + 1);
    const auto comma = rest.find(',');
    UPDATE_TRY(file, usable_path(rest.substr(0, comma)), "artifact");
    wish.file = file;
    while (rest.find(',') != std::string::npos) {
        rest.erase(0, rest.find(',') + 1);
        const auto option = rest.substr(0, rest.find(','));
        if (option == "self-test")
            wish.artifact.self_test = true;
        else if (option.starts_with("os="))
            wish.artifact.os = option.substr(3);
        else if (option.starts_with("arch="))
            wish.artifact.arch = option.substr(5);
        else
            return wrong;
    }
    return wish;
}

std::string expiry_text(const repository::RoleExpiry& role, WallTime now) {
    const auto days = std::chrono::floor<std::chrono::days>(role.expires - now).count();
    return fmt::format("{} {} expires {} (in {} days)", role.role, role.version,
                       trust::date_text(role.expires), days);
}

constexpr std::size_t public_key_bytes_max = 64 * 1024;

Result<repository::KeyElsewhere> key_elsewhere(const RepoOptions& o, const std::string& file) {
    PublishingTools tools;
    UPDATE_TRY(path, usable_path(file), "public key");
    UPDATE_TRY(pem, read_text(tools.files(), path, public_key_bytes_max), "public key");
    repository::KeyElsewhere key{pem};
    if (o.signer.empty()) return key;
    UPDATE_TRY(signer, usable_path(o.signer), "signer");
    key.command = {signer.string()};
    return key;
}

std::optional<trust::TopRole> top_role_named(const std::string& word) {
    const auto role =
        std::ranges::find_if(trust::top_roles, [&word](trust::TopRole r) { return trust::name(r) == word; });
    return role != trust::top_roles.end() ? std::optional{*role} : std::nullopt;
}

/// ROLE=FILE, for each key that was made elsewhere
Status take_public_keys(const RepoOptions& o, repository::InitWish& wish) {
    for (const auto& text : o.public_keys) {
        const auto equals = text.find('=');
        const auto role = top_role_named(text.substr(0, equals));
        if (equals == std::string::npos || !role)
            return Error{ErrorCode::refused, "not ROLE=FILE, ROLE being root, targets, ...: " + text};
        UPDATE_TRY(key, key_elsewhere(o, text.substr(equals + 1)), text);
        auto& count = *role == trust::TopRole::root       ? wish.root
                      : *role == trust::TopRole::targets  ? wish.targets
                      : *role == trust::TopRole::snapshot ? wish.snapshot
                                                          : wish.timestamp;
        count.elsewhere.push_back(std::move(key));
    }
    return done();
}

/// Epoch, rollout and waypoint of a release on a channel; empty when it is not there.
std::string terms_on(Publisher& publisher, const RepoOptions& o) {
    const auto list = publisher.list(o.product, o.channel);
    if (!list) return {};
    const auto found = std::ranges::find(list->releases, normalised(o.version), &Release::version);
    if (found == list->releases.end()) return {};
    return fmt::format("epoch {}, {} % of the endpoints{}", found->epoch, found->rollout.percent,
                       found->minimum_from.empty() ? "" : fmt::format(", from {} on", found->minimum_from));
}

}  // namespace

int repo_init(const Options& all, const RepoOptions& o) {
    const auto scheme = scheme_named(o.scheme);
    if (!scheme) return finish(all, {ControlExit::bad_invocation, "schemes are ed25519, ecdsa, rsa"});
    repository::InitWish wish;
    wish.root = {o.root_keys, o.root_threshold};
    wish.targets = {o.targets_keys, o.targets_threshold};
    wish.scheme = *scheme;
    wish.lifetimes = {o.root_days, o.targets_days, o.snapshot_days, o.timestamp_days};
    if (const auto taken = take_public_keys(o, wish); !taken)
        return finish(all, {ControlExit::bad_invocation, taken.error().message()});
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        return said_of(publisher.init(wish),
                       fmt::format("serve {}, and ship 1.root.json of it with the program",
                                   publisher.public_folder().string()));
    });
}

int repo_add(const Options& all, const RepoOptions& o) {
    std::vector<repository::ArtifactWish> wishes;
    for (const auto& text : o.artifacts) {
        auto wish = parse_artifact(text);
        if (!wish) return finish(all, {ControlExit::bad_invocation, wish.error().message()});
        wishes.push_back(std::move(*wish));
    }
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        return said_of(
            publisher.add(o.product, o.version, wishes),
            fmt::format("{} files are in the draft of {} {}", wishes.size(), o.product, o.version));
    });
}

int repo_publish(const Options& all, const RepoOptions& o) {
    const auto restart = restart_kind_named(o.restart);
    if (!restart) return finish(all, {ControlExit::bad_invocation, "--restart is agent, nothing or machine"});
    repository::PublishWish wish{o.product, o.version, o.channel, o.release_epoch, o.waypoint, *restart};
    if (o.rollout) wish.rollout = Rollout{*o.rollout, o.salt};
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        const auto before = terms_on(publisher, o);
        const auto waits = publisher.publish(wish);
        const auto now = terms_on(publisher, o);
        return said_of(waits, fmt::format("{} {} is on {}: {}{}", o.product, o.version, o.channel, now,
                                          before.empty() || before == now ? "" : "; before: " + before));
    });
}

int repo_promote(const Options& all, const RepoOptions& o) {
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        return said_of(publisher.promote(o.product, o.version, o.from, o.to),
                       fmt::format("{} {} is on {}, too", o.product, o.version, o.to));
    });
}

int repo_yank(const Options& all, const RepoOptions& o) {
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        return said_of(publisher.yank(o.product, o.version, o.channel),
                       fmt::format("{} {} is no longer on {}", o.product, o.version, o.channel));
    });
}

int repo_permit(const Options& all, const RepoOptions& o) {
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools& tools) {
        const auto until = tools.clock().wall() + std::chrono::hours{24 * o.days};
        return said_of(publisher.permit(o.product, o.channel,
                                        {o.id, o.endpoint, o.version, until.time_since_epoch().count()}),
                       fmt::format("endpoint {} may go back to {} {} once, until {}", o.endpoint, o.product,
                                   o.version, trust::date_text(until)));
    });
}

int repo_list(const Options& all, const RepoOptions& o) {
    return look_at_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        const auto list = publisher.list(o.product, o.channel);
        if (!list) return refuse(all, list.error());
        if (all.json) {
            print(json_text(Json::parse(to_json(*list))) + "\n");
            return 0;
        }
        for (const Release& release : list->releases)
            print(fmt::format("{} {}: epoch {}, {} files, {} % of the endpoints\n", o.product,
                              release.version, release.epoch, release.artifacts.size(),
                              release.rollout.percent));
        return 0;
    });
}

int repo_import(const Options& all, const RepoOptions& o) {
    const auto folder = usable_path(o.folder);
    if (!folder) return refuse(all, folder.error());
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools& tools) -> Result<Said> {
        std::vector<std::string> skipped;
        const auto imported =
            repository::import_folder(publisher, tools.files(), *folder, o.channel, skipped);
        if (!imported) return imported.error();
        std::string text = fmt::format("{} releases", imported->size());
        for (const auto& one : *imported)
            text += fmt::format("; {} {} on {} ({} files{})", one.product, one.version, one.channel,
                                one.files, one.waits ? ", not published yet: updatectl repo sign" : "");
        if (!skipped.empty())
            text += fmt::format("; no program by their names: {}", fmt::join(skipped, ", "));
        return Said{ControlExit::ok, text};
    });
}

int repo_rotate(const Options& all, const RepoOptions& o) {
    std::optional<repository::KeyElsewhere> given;
    if (!o.public_keys.empty()) {
        auto key = key_elsewhere(o, o.public_keys.front());
        if (!key) return finish(all, {ControlExit::bad_invocation, key.error().message()});
        given = std::move(*key);
    }
    if (o.role == "channel") {
        if (o.product.empty() || o.channel.empty())
            return finish(all, {ControlExit::bad_invocation, "say whose: --product and --channel"});
        return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
            return said_of(publisher.rotate_channel(o.product, o.channel, o.id, given),
                           fmt::format("the channel {} of {} has a new key", o.channel, o.product));
        });
    }
    const auto role = top_role_named(o.role);
    if (!role)
        return finish(all,
                      {ControlExit::bad_invocation, "roles are root, timestamp, snapshot, targets, channel"});
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        return said_of(publisher.rotate(*role, o.id, given));
    });
}

int repo_sign(const Options& all, const RepoOptions& o) {
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        return said_of(publisher.sign(), "all that waited is signed and published");
    });
}

int repo_discard(const Options& all, const RepoOptions& o) {
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        return said_of(publisher.discard(), "nothing waits for signatures any more");
    });
}

int repo_channel(const Options& all, const RepoOptions& o) {
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) {
        return said_of(publisher.add_channel(o.product, o.channel, {o.keys, o.threshold}),
                       fmt::format("{} has the channel {}", o.product, o.channel));
    });
}

int repo_resign(const Options& all, const RepoOptions& o) {
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools& tools) -> Result<Said> {
        const auto left = publisher.resign(std::chrono::hours{24 * o.days});
        if (!left) return left.error();
        const auto now = tools.clock().wall();
        if (left->empty()) {
            const auto next = publisher.expiries();
            if (!next) return next.error();
            return Said{ControlExit::ok, "signed; next, " + expiry_text(next->front(), now)};
        }
        std::vector<std::string> lines;
        for (const auto& role : *left) lines.push_back(expiry_text(role, now));
        return Said{ControlExit::findings, fmt::format("still: {}", fmt::join(lines, "; "))};
    });
}

int repo_check(const Options& all, const RepoOptions& o) {
    return look_at_publisher(all, o, [&](Publisher& publisher, PublishingTools& tools) {
        const auto problems = repository::check_tree(tools.client_ports(), publisher.public_folder(),
                                                     publisher.public_folder().string() + "-check");
        if (!problems) return refuse(all, problems.error());
        if (problems->empty())
            return finish(all, {ControlExit::ok, "a client accepts the tree and every target in it"});
        return finish(all, {ControlExit::findings, fmt::format("{}", fmt::join(*problems, "; "))});
    });
}

int repo_gc(const Options& all, const RepoOptions& o) {
    return change_publisher(all, o, [&](Publisher& publisher, PublishingTools&) -> Result<Said> {
        const auto garbage = publisher.collect_garbage(
            {std::chrono::hours{24 * o.days}, std::chrono::hours{24 * o.draft_days}});
        if (!garbage) return garbage.error();
        std::string text = fmt::format("{} files removed", garbage->removed);
        if (garbage->waiting != 0)
            text +=
                fmt::format("; {} more go when nothing has named them for {} days", garbage->waiting, o.days);
        return Said{ControlExit::ok, text};
    });
}

}  // namespace update::ctl
