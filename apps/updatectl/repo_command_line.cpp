#include "repo.hpp"

namespace update::ctl {
namespace {

using Command = int (*)(const Options&, const RepoOptions&);

class Group {
 public:
    Group(CLI::App& parent, const char* name, const char* what, Options& common,
          std::function<int(const Options&)>& chosen, std::shared_ptr<RepoOptions> options)
        : app_{*parent.add_subcommand(name, what)},
          common_{common},
          chosen_{chosen},
          options_{std::move(options)} {
        app_.require_subcommand(1);
    }
    CLI::App* add(const char* name, const char* what, Command command, const char* examples) {
        return add_command(app_, name, what, command, examples, common_, chosen_, options_);
    }
    CLI::App* add_change(const char* name, const char* what, Command command, const char* examples) {
        CLI::App* app = add(name, what, command, examples);
        app->add_flag("--dry-run", common_.dry_run, "Say what would happen, and change nothing");
        return app;
    }
    static CLI::App* add_command(CLI::App& parent, const char* name, const char* what, Command command,
                                 const std::string& examples, Options& common,
                                 std::function<int(const Options&)>& chosen,
                                 std::shared_ptr<RepoOptions> options) {
        CLI::App* app = parent.add_subcommand(name, what);
        app->add_flag("--json", common.json, "One JSON object per line instead of text");
        app->footer("Examples:\n" + examples);
        app->callback([&chosen, command, options] {
            chosen = [command, options](const Options& all) { return command(all, *options); };
        });
        return app;
    }

 private:
    CLI::App& app_;
    Options& common_;
    std::function<int(const Options&)>& chosen_;
    std::shared_ptr<RepoOptions> options_;
};

void add_dir(CLI::App* app, RepoOptions& o) {
    app->add_option("--dir", o.dir, "The publisher's folder")->capture_default_str();
}
void add_signing(CLI::App* app, RepoOptions& o) {
    add_dir(app, o);
    auto* file =
        app->add_option("--passphrase-file", o.passphrase_file, "Its first line opens the private keys");
    app->add_option("--passphrase-fd", o.passphrase_fd, "An open descriptor instead of a file")
        ->excludes(file);
}
void add_release(CLI::App* app, RepoOptions& o) {
    app->add_option("--product", o.product, "Which program")->required();
    app->add_option("--version", o.version, "Semantic version")->required();
}
void add_channel(CLI::App* app, RepoOptions& o) {
    app->add_option("--product", o.product, "Which program")->required();
    app->add_option("--channel", o.channel, "beta, stable or another name")->required();
}

void add_beginning(Group& repo, RepoOptions& o) {
    auto* init =
        repo.add_change("init", "Makes a repository: keys, and version 1 of every role", repo_init,
                        "  updatectl repo init --dir /srv/updates --passphrase-file ~/.updates-passphrase");
    add_signing(init, o);
    init->add_option("--root-keys", o.root_keys, "How many keys the root has")->capture_default_str();
    init->add_option("--root-threshold", o.root_threshold, "How many of them must sign")
        ->capture_default_str();
    init->add_option("--targets-keys", o.targets_keys, "How many keys the targets have")
        ->capture_default_str();
    init->add_option("--targets-threshold", o.targets_threshold, "How many of them must sign")
        ->capture_default_str();
    init->add_option("--scheme", o.scheme, "ed25519, ecdsa or rsa")->capture_default_str();
    init->add_option(
        "--public-key", o.public_keys,
        "ROLE=FILE: a key of root, targets, snapshot or timestamp that was made elsewhere; may be "
        "repeated");
    init->add_option("--signer", o.signer, "The program that signs with those keys")->needs("--public-key");
    init->add_option("--root-days", o.root_days, "Lifetime of the root's signature")->capture_default_str();
    init->add_option("--targets-days", o.targets_days, "Of targets and channels")->capture_default_str();
    init->add_option("--snapshot-days", o.snapshot_days, "Of the snapshot")->capture_default_str();
    init->add_option("--timestamp-days", o.timestamp_days, "Of the timestamp")->capture_default_str();
    auto* import = repo.add_change(
        "import", "Publishes a folder of <product>-<os>-<arch>-<version>[.exe], with .channel sidecars",
        repo_import, "  updatectl repo import build/out --dir /srv/updates --passphrase-fd 3");
    add_signing(import, o);
    import->add_option("folder", o.folder, "Where the programs lie")->required();
    import->add_option("--channel", o.channel, "All of them there, whatever the sidecars say");
}

void add_releasing(Group& repo, RepoOptions& o) {
    auto* add = repo.add_change("add", "Puts files into the draft of a version", repo_add,
                                "  updatectl repo add --product agent --version 1.1.0 "
                                "--artifact agent:bin/agent=./agent,os=linux,arch=x86_64,self-test");
    add_dir(add, o);
    add_release(add, o);
    add->add_option("--artifact", o.artifacts,
                    "ROLE:INSTALL_PATH=FILE[,os=OS][,arch=ARCH][,self-test]; may be repeated")
        ->required();
    auto* channel =
        repo.add_change("channel", "A channel for whose releases several keys must sign", repo_channel,
                        "  updatectl repo channel --product agent --channel stable --keys 3 "
                        "--threshold 2 --passphrase-fd 3");
    add_signing(channel, o);
    add_channel(channel, o);
    channel->add_option("--keys", o.keys, "How many keys it has")->capture_default_str();
    channel->add_option("--threshold", o.threshold, "How many of them must sign")->capture_default_str();
    auto* publish = repo.add_change(
        "publish", "Publishes a draft on a channel", repo_publish,
        "  updatectl repo publish --product agent --version 1.1.0 --channel beta --passphrase-fd 3");
    add_signing(publish, o);
    add_release(publish, o);
    publish->add_option("--channel", o.channel, "beta, stable or another name")->required();
    publish->add_option("--epoch", o.release_epoch,
                        "Security epoch; endpoints never go below it again. Default: what it has, or the "
                        "channel's highest");
    publish->add_option("--minimum-from", o.waypoint,
                        "At least this version must run before. Default: what it has, or none");
    publish->add_option("--rollout", o.rollout, "Percent of the endpoints. Default: what it has, or 100")
        ->check(CLI::Range(0, 100));
    publish->add_option("--salt", o.salt, "Another text chooses other endpoints")->needs("--rollout");
    publish->add_option("--restart", o.restart, "agent, nothing or machine")->capture_default_str();
    auto* promote =
        repo.add_change("promote", "Puts a release of one channel on another, too", repo_promote,
                        "  updatectl repo promote --product agent --version 1.1.0 --from beta --to stable");
    add_signing(promote, o);
    add_release(promote, o);
    promote->add_option("--from", o.from, "The channel that has it")->required();
    promote->add_option("--to", o.to, "The channel that gets it")->required();
    auto* yank = repo.add_change("yank", "Takes a release out of a channel", repo_yank,
                                 "  updatectl repo yank --product agent --version 1.1.0 --channel stable");
    add_signing(yank, o);
    add_release(yank, o);
    yank->add_option("--channel", o.channel, "Out of which")->required();
    auto* permit = repo.add_change(
        "permit", "Signs leave for one step back to an older version, once", repo_permit,
        "  updatectl repo permit --product agent --channel stable --version 1.0.0 --id back-1");
    add_signing(permit, o);
    add_channel(permit, o);
    permit->add_option("--version", o.version, "To which it leads")->required();
    permit->add_option("--id", o.id, "Each endpoint uses it at most once")->required();
    permit->add_option("--endpoint", o.endpoint, "The one that it is for; * is each")->capture_default_str();
    permit->add_option("--days", o.days, "How long it may be used")->capture_default_str();
    auto* list = repo.add("list", "The releases of a channel", repo_list,
                          "  updatectl repo list --product agent --channel stable");
    add_dir(list, o);
    add_channel(list, o);
}

void add_upkeep(Group& repo, RepoOptions& o) {
    auto* rotate = repo.add_change(
        "rotate", "A new key for a role; the root or targets that say so may need more signers", repo_rotate,
        "  updatectl repo rotate timestamp --passphrase-fd 3\n"
        "  updatectl repo rotate root --key 3f0e... --passphrase-fd 3\n"
        "  updatectl repo rotate root --public-key card.pem --signer sign-by-card\n"
        "  updatectl repo rotate channel --product agent --channel stable "
        "--passphrase-fd 3");
    add_signing(rotate, o);
    rotate->add_option("role", o.role, "root, timestamp, snapshot, targets or channel")->required();
    rotate->add_option("--key", o.id, "The id of the key that goes. Default: the role's first")
        ->type_name("ID");
    rotate->add_option("--public-key", o.public_keys, "The new key was made elsewhere: its PEM file")
        ->expected(1)
        ->type_name("FILE");
    rotate->add_option("--signer", o.signer, "The program that signs with it")->needs("--public-key");
    rotate->add_option("--product", o.product, "Of the channel");
    rotate->add_option("--channel", o.channel, "Whose role gets a new key");
    auto* sign =
        repo.add_change("sign", "Signs what waits, with the keys that are here; one signer after another",
                        repo_sign, "  updatectl repo sign --dir /media/offline/updates --passphrase-fd 3");
    add_signing(sign, o);
    auto* discard = repo.add_change("discard", "Forgets what waits for signatures", repo_discard,
                                    "  updatectl repo discard --dir /srv/updates");
    add_dir(discard, o);
    auto* resign =
        repo.add_change("resign", "Signs again what would expire; for a timer", repo_resign,
                        "  updatectl repo resign --days 3 --passphrase-file /etc/updates/passphrase");
    add_signing(resign, o);
    resign->add_option("--days", o.days, "What expires within these")->capture_default_str();
    auto* check = repo.add("check", "Reads the tree as a client does, every target with it", repo_check,
                           "  updatectl repo check --dir /srv/updates");
    add_dir(check, o);
    auto* gc = repo.add_change("gc", "Removes files that nothing names any more, and drafts", repo_gc,
                               "  updatectl repo gc --days 30");
    add_dir(gc, o);
    gc->add_option("--days", o.days, "How long nothing has named them")->capture_default_str();
    gc->add_option("--draft-days", o.draft_days, "How long drafts stay that nobody publishes")
        ->capture_default_str();
}

void add_bundles(Group& bundle, RepoOptions& o) {
    auto* out = bundle.add("export", "One product and channel as a folder, for a site without a network",
                           bundle_export,
                           "  updatectl bundle export --dir /srv/updates --product agent --channel stable "
                           "--to /media/usb/agent");
    add_dir(out, o);
    add_channel(out, o);
    out->add_option("--to", o.to, "The folder that is made")->required();
    auto* in =
        bundle.add("apply", "Verifies a bundle, and copies one release out of it", bundle_apply,
                   "  updatectl bundle apply /media/usb/agent --store /var/lib/update/trust --product agent "
                   "--channel stable --into ./release");
    in->add_option("bundle", o.folder, "The folder of the bundle")->required();
    in->add_option("--store", o.store, "What this endpoint trusts")->required();
    add_channel(in, o);
    in->add_option("--version", o.version, "Default: the newest");
    in->add_option("--into", o.into, "An existing folder for the files")->required();
}

void add_trust(Group& trust, RepoOptions& o, Options& common) {
    auto* show = trust.add("show", "What is trusted, and for how many days", trust_show,
                           "  updatectl trust show\n  updatectl trust show --store ./store");
    auto* set = trust.add("set", "Trust begins with this root", trust_set,
                          "  updatectl trust set root.json\n  updatectl trust set root.json --store ./store");
    set->add_option("root", o.root_file, "A root.json that was brought on a safe way")->required();
    auto* reset =
        trust.add("reset", "Forgets all that was learnt since trust.root, or the first root of the store",
                  trust_reset, "  updatectl trust reset");
    for (auto* app : {show, set, reset}) {
        auto* config = app->add_option("--config", common.config, "Configuration file of the endpoint")
                           ->capture_default_str();
        app->add_option("--store", o.store, "A folder of trusted metadata instead of the endpoint's")
            ->excludes(config);
    }
}

void add_decide(CLI::App* app, RepoOptions& o) {
    app->add_option("--list", o.list, "A release list (releases.json)")->required();
    app->add_option("--running", o.running, "The version that runs");
    app->add_option("--endpoint-id", o.endpoint_id, "Who asks; decides the bucket of a rollout");
    app->add_option("--os", o.os, "linux, windows, ...")->default_val("linux");
    app->add_option("--arch", o.arch, "x86_64, aarch64, ...")->default_val("x86_64");
    app->add_option("--epoch", o.epoch, "The highest that was committed")->capture_default_str();
    app->add_option("--agent-channel", o.agent_channel, "The channel that the agent wants");
    app->add_option("--site-channel", o.site_channel, "The site's");
    app->add_option("--client-channel", o.client_channel, "The client's");
    app->add_option("--pin", o.pin, "Only this version");
    app->add_option("--minimum", o.minimum, "Nothing below it");
    app->add_option("--window", o.windows,
                    "Maintenance window in UTC, as \"mon-fri 22:00-04:00\"; may be repeated");
    app->add_flag("--hold", o.hold, "Nothing at all");
}

}  // namespace

void describe_repo_commands(CLI::App& app, Options& common, std::function<int(const Options&)>& command) {
    const auto options = std::make_shared<RepoOptions>();
    Group repo{app, "repo", "The publisher's side of signed releases", common, command, options};
    add_beginning(repo, *options);
    add_releasing(repo, *options);
    add_upkeep(repo, *options);
    Group bundle{app, "bundle", "Releases for sites without a network", common, command, options};
    add_bundles(bundle, *options);
    Group trust{app, "trust", "What an endpoint trusts", common, command, options};
    add_trust(trust, *options, common);
    add_decide(Group::add_command(
                   app, "decide", "Which release an endpoint would take, and why not the others", decide,
                   "  updatectl decide --list releases.json --running 1.0.0 --endpoint-id pc-17", common,
                   command, options),
               *options);
}

}  // namespace update::ctl
