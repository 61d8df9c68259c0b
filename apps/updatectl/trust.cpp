// updatectl bundle, trust and decide.
#include <fmt/format.h>

#include "base/json_reader.hpp"
#include "compose/control_trust.hpp"
#include "compose/publishing.hpp"
#include "durable/durable.hpp"
#include "output.hpp"
#include "policy/choice.hpp"
#include "releases/trust_state.hpp"
#include "repo.hpp"
#include "repository/bundle.hpp"

namespace update::ctl {
namespace {

constexpr std::size_t metadata_bytes_max = 64'000'000;

trust::Client client_of(PublishingTools& tools, const Path& store) {
    return {tools.client_ports(), store, trust::Address{}, trust::ClientOptions{}};
}

template <class Work>
int with_store(const Options& all, const RepoOptions& o, Work&& work) {
    PublishingTools tools;
    const auto store = usable_path(o.store);
    if (!store) return refuse(all, store.error());
    if (auto made = tools.files().make_private_directory(*store); !made) return refuse(all, made.error());
    auto client = client_of(tools, *store);
    return work(client, tools);
}

Result<EndpointFacts> facts_of(const RepoOptions& o, WallTime now) {
    EndpointFacts facts;
    facts.endpoint_id = o.endpoint_id;
    facts.os = o.os;
    facts.arch = o.arch;
    facts.running_version = o.running;
    facts.committed_epoch = o.epoch;
    facts.channel = {o.agent_channel, o.site_channel, o.client_channel};
    facts.pin = o.pin;
    facts.minimum_version = o.minimum;
    facts.hold = o.hold;
    facts.now = now;
    facts.digest = sha256_of;
    for (const auto& text : o.windows) {
        UPDATE_TRY(window, parse_window(text), "window");
        facts.windows.push_back(window);
    }
    return facts;
}

void print_choice(const Options& all, const ReleaseList& list, const Choice& choice) {
    const auto chosen = choice.release ? list.releases[*choice.release].version : std::string{};
    if (all.json) {
        Json considered = Json::array();
        for (const auto& one : choice.considered)
            considered.push_back({{"version", one.version}, {"obstacle", one.obstacle}});
        print(json_text({{"channel", choice.channel.name},
                         {"channel_source", choice.channel.source},
                         {"chosen", chosen.empty() ? Json{} : Json(chosen)},
                         {"permit", choice.permit},
                         {"obstacle", choice.obstacle},
                         {"considered", considered}}) +
              "\n");
        return;
    }
    print(fmt::format("Channel {}, by {}.\n", choice.channel.name, choice.channel.source));
    if (list.channel != choice.channel.name)
        print(fmt::format("This list is that of channel {}.\n", list.channel));
    for (const auto& one : choice.considered)
        print(fmt::format(
            "  {} {}: {}\n", list.product, one.version,
            one.obstacle.empty() ? (one.version == chosen ? "taken" : "possible") : one.obstacle));
    if (!choice.obstacle.empty()) print(fmt::format("Nothing is taken: {}.\n", choice.obstacle));
    if (!choice.permit.empty()) print(fmt::format("The permit {} is used for it.\n", choice.permit));
}

}  // namespace

int bundle_export(const Options& all, const RepoOptions& o) {
    PublishingTools tools;
    const auto dir = usable_path(o.dir), to = usable_path(o.to);
    if (!dir) return refuse(all, dir.error());
    if (!to) return refuse(all, to.error());
    const auto count = repository::export_bundle(tools.client_ports(), tools.folders(), *dir / "public",
                                                 o.product, o.channel, *to, to->string() + ".scratch");
    if (!count) return refuse(all, count.error());
    return finish(all, {ControlExit::ok, fmt::format("{} files are in {}", *count, to->string())});
}

int bundle_apply(const Options& all, const RepoOptions& o) {
    PublishingTools tools;
    const auto bundle = usable_path(o.folder), store = usable_path(o.store), into = usable_path(o.into);
    for (const auto* path : {&bundle, &store, &into})
        if (!*path) return refuse(all, path->error());
    trust::ClientOptions options;
    options.built_at = tools.clock().built_at();
    const auto applied = repository::apply_bundle(tools.client_ports(), *bundle, *store, o.product, o.channel,
                                                  o.version, *into, options);
    if (!applied) return refuse(all, applied.error());
    std::string text = fmt::format("{} {}, verified:", o.product, applied->list.releases.at(0).version);
    for (const Path& file : applied->files) text += " " + file.string();
    return finish(all, {ControlExit::ok, text});
}

int trust_show(const Options& all, const RepoOptions& o) {
    PublishingTools tools;
    auto folder = usable_path(o.store);
    if (o.store.empty()) {
        int code = 0;
        const auto control = open_readable_endpoint(all, code);
        if (!control) return code;
        folder = control->layout().trust();
    }
    if (!folder) return refuse(all, folder.error());
    trust::LocalStore store{tools.files(), tools.crypto(), *folder};
    const auto floor = store.floor();
    for (const auto& role : stored_roles(store, tools.clock().wall())) {
        if (all.json)
            print(json_text({{"role", role.name},
                             {"version", role.version},
                             {"expires", role.expires},
                             {"days_to_expiry", role.days_to_expiry}}) +
                  "\n");
        else
            print(fmt::format("{:<10} {:>6}  expires {} (in {} days)\n", role.name, role.version,
                              role.expires, role.days_to_expiry));
    }
    return finish(all, {ControlExit::ok, fmt::format("never below root {}, timestamp {}, snapshot {}",
                                                     floor.root, floor.timestamp, floor.snapshot)});
}

int trust_set(const Options& all, const RepoOptions& o) {
    if (o.store.empty()) {
        int code = 0;
        const auto control = open_readable_endpoint(all, code);
        return control ? finish(all, set_trust(*control, o.root_file)) : code;
    }
    return with_store(all, o, [&](trust::Client& client, PublishingTools& tools) {
        const auto file = usable_path(o.root_file);
        if (!file) return refuse(all, file.error());
        const auto root = read_text(tools.files(), *file, metadata_bytes_max);
        if (!root) return refuse(all, root.error());
        if (auto set = client.establish(*root); !set) return refuse(all, set.error());
        return finish(all, {ControlExit::ok, "trust begins with this root"});
    });
}

int trust_reset(const Options& all, const RepoOptions& o) {
    if (o.store.empty()) {
        int code = 0;
        const auto control = open_readable_endpoint(all, code);
        return control ? finish(all, reset_trust(*control)) : code;
    }
    return with_store(all, o, [&](trust::Client& client, PublishingTools&) {
        const auto versions = client.store().kept_roots();
        const auto first =
            versions.empty() ? std::nullopt : client.store().kept_root(versions.back(), metadata_bytes_max);
        if (!first)
            return finish(all, {ControlExit::failed,
                                "no root that can be read is kept here; bring one: updatectl trust set"});
        auto reset = client.store().reset();
        if (reset) reset = client.establish(*first);
        if (!reset) return refuse(all, reset.error());
        return finish(all,
                      {ControlExit::ok, fmt::format("trust begins again with root {}", versions.back())});
    });
}

int decide(const Options& all, const RepoOptions& o) {
    PublishingTools tools;
    const auto file = usable_path(o.list);
    if (!file) return refuse(all, file.error());
    const auto text = read_text(tools.files(), *file, max_release_list_bytes);
    if (!text) return refuse(all, text.error());
    const auto list = parse_release_list(*text);
    if (!list) return refuse(all, list.error());
    const auto facts = facts_of(o, tools.clock().wall());
    if (!facts) return finish(all, {ControlExit::bad_invocation, facts.error().message()});
    print_choice(all, *list, choose(*list, *facts));
    return 0;
}

}  // namespace update::ctl
