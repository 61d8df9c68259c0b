// updatectl repo, bundle, trust and decide: what needs no endpoint and no watchdog.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"

namespace update::ctl {

/// What their command lines say.
struct RepoOptions {
    std::string dir = ".", passphrase_file;
    int passphrase_fd = -1;
    unsigned root_keys = 1, targets_keys = 1, keys = 1;
    std::int64_t root_threshold = 1, targets_threshold = 1, threshold = 1;
    std::string scheme = "ed25519";
    int root_days = 365, targets_days = 90, snapshot_days = 30, timestamp_days = 7;
    std::string product, version, channel, from, to, salt, restart = "agent", role, folder, id,
                                                           endpoint = "*";
    std::uint64_t epoch = 0;
    std::optional<std::uint64_t> release_epoch;
    std::optional<std::uint32_t> rollout;
    std::optional<std::string> waypoint;
    std::vector<std::string> artifacts;
    std::vector<std::string> public_keys;
    std::string signer;
    int days = 7, draft_days = 90;
    std::string store, into, root_file;
    std::string list, running, endpoint_id, os, arch, agent_channel, site_channel, client_channel, pin,
        minimum;
    std::vector<std::string> windows;
    bool hold = false;
};

/// Adds the commands to `app`; `command` becomes what the chosen one does. `common` has --json.
void describe_repo_commands(CLI::App& app, Options& common, std::function<int(const Options&)>& command);

int repo_init(const Options&, const RepoOptions&);
int repo_add(const Options&, const RepoOptions&);
int repo_publish(const Options&, const RepoOptions&);
int repo_promote(const Options&, const RepoOptions&);
int repo_yank(const Options&, const RepoOptions&);
int repo_permit(const Options&, const RepoOptions&);
int repo_list(const Options&, const RepoOptions&);
int repo_import(const Options&, const RepoOptions&);
int repo_rotate(const Options&, const RepoOptions&);
int repo_sign(const Options&, const RepoOptions&);
int repo_discard(const Options&, const RepoOptions&);
int repo_channel(const Options&, const RepoOptions&);
int repo_resign(const Options&, const RepoOptions&);
int repo_check(const Options&, const RepoOptions&);
int repo_gc(const Options&, const RepoOptions&);
int bundle_export(const Options&, const RepoOptions&);
int bundle_apply(const Options&, const RepoOptions&);
int trust_show(const Options&, const RepoOptions&);
int trust_set(const Options&, const RepoOptions&);
int trust_reset(const Options&, const RepoOptions&);
int decide(const Options&, const RepoOptions&);

}  // namespace update::ctl
