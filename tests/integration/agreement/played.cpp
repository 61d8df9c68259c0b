#include <doctest/doctest.h>
#include <sys/stat.h>

#include "../update/old_watchdog.hpp"
#include "../updatectl/operator.hpp"
#include "journal/outcome_of.hpp"
#include "story.hpp"
#include "support/killer.hpp"

namespace update::test {
namespace {

namespace fs = std::filesystem;
using Who = Endpoint::Who;

bool has_companion(const Story& story) { return story.scenario.starts_with("companion-"); }

Overrides settings_of(const Story& story) {
    Overrides all{{"routes", "[\"" + story.scenario.substr(0, story.scenario.find("-good")) + "\"]"},
                  {"trial.ack_timeout", R"("4s")"}};
    // Longer than the period in which an agent repeats what it has said: the first time may have died with
    // its listener.
    if (story.blow) {
        all["trial.ready_timeout"] = R"("12s")";
        all["trial.ack_timeout"] = R"("15s")";
    }
    for (const std::string route : {"watchdog", "self-update", "exit-code"})
        if (story.scenario.starts_with(route + "-")) all["routes"] = "[\"" + route + "\"]";
    if (has_companion(story)) {
        all["routes"] = R"(["watchdog"])";
        all["more_programs"] = "[[programs]]\nname = \"tray\"\npath = \"bin/tray\"\narguments = [\"3600\"]\n";
    }
    for (const auto& [key, value] : story.settings) all[key] = value;
    return all;
}

/// A second program that knows nothing of updates: it waits for an hour, or ends with 1 at once.
Item tray_of(const Story& story, Endpoint& endpoint) {
    const fs::path source = endpoint.folder() / "tray.new";
    const bool good = story.scenario == "companion-good";
    write_file(source, read_file(good ? "/usr/bin/sleep" : "/usr/bin/false") + "2");
    return {.role = Role::companion, .install_path = "bin/tray", .source = source, .self_test = false};
}

/// The version's files. One that fails its self-test is a script that does nothing else.
std::vector<Item> items_of(const Story& story, Endpoint& endpoint) {
    Item agent = agent_item(story.version);
    if (story.version == "script-that-fails") {
        agent.source = endpoint.folder() / story.version;
        write_file(agent.source, "#!/bin/sh\nexit 1\n");
    }
    agent.self_test = story.version != "agent-1.2-unloadable";
    std::vector<Item> items{agent};
    if (has_companion(story)) items.push_back(tray_of(story, endpoint));
    if (!story.scenario.starts_with("watchdog-in-set-")) return items;
    const bool good = story.scenario == "watchdog-in-set-good";
    items.push_back(watchdog_item(good ? "watchdog-1.1" : "watchdog-1.2-crashes"));
    items.back().self_test = good;  // the bad one is of another version, and fails only when it has to work
    return items;
}

std::string number_of(const Story& story) { return story.version == "agent-1.1" ? "1.1.0" : "1.2.0"; }

/// The agent that is there in the end, by the bytes that it runs from.
std::string what_runs(Endpoint& endpoint, const Item& agent) {
    std::string runs = "nothing";
    (void)holds_within(15s, [&] {
        const pid_t pid = endpoint.pid_of(Who::agent);
        if (pid < 0) return false;
        const std::string bytes = read_file(fs::path{"/proc"} / std::to_string(pid) / "exe");
        runs = bytes == read_file(built_version("agent-1.0")) ? "old"
               : bytes == read_file(agent.source)             ? "new"
                                                              : "something else";
        return !bytes.empty();
    });
    return runs;
}

/// A self-test that waits until somebody wants the update cancelled.
Item gate_of(Endpoint& endpoint) {
    endpoint.install("bin/gate", "#!/bin/sh\n", 0755);
    const fs::path source = endpoint.folder() / "gate.new";
    write_file(source, "#!/bin/sh\nwhile [ ! -e " + endpoint.layout().cancel_request().string() +
                           " ]; do sleep 0.05; done\necho 1.1.0\n");
    return {.role = Role::file, .install_path = "bin/gate", .source = source};
}

void be_offered(const Story& story, Endpoint& endpoint, std::vector<Item> items) {
    const bool cancelled = story.blow && story.blow->kind == Blow::Kind::cancel;
    if (cancelled) items.push_back(gate_of(endpoint));
    const std::string id = endpoint.offer(number_of(story), items);
    if (cancelled) {
        endpoint.await_state(story.blow->state);
        endpoint.cancel(id);
    }
    (void)endpoint.end_of(id, 60s);
}

void be_struck(const Story& story, Endpoint& endpoint, const std::vector<Item>& items) {
    Killer killer{endpoint, {story.blow->worker, story.blow->state, At::entry, story.blow->victim}};
    const std::string id = endpoint.offer(number_of(story), items);
    await(
        "the kill", 30s, [&] { return killer.killed() != 0; }, [&] { return endpoint.logs(); });
    if (story.blow->victim == Who::watchdog) endpoint.start_watchdog_only();  // as its service manager would
    (void)endpoint.end_of(id, 60s);
}

}  // namespace

std::string describe(const Story& story) {
    if (!story.blow) return story.scenario;
    const std::string in = " in " + std::string{row(story.blow->state).name};
    if (story.blow->kind == Blow::Kind::cancel) return story.scenario + ", cancelled" + in;
    const Who who = story.blow->victim;
    return story.scenario + ", " +
           (who == Who::agent      ? "agent"
            : who == Who::watchdog ? "watchdog"
                                   : "helper") +
           " killed" + in;
}

Played played(Server& server, const Story& story) {
    static unsigned count = 0;
    Endpoint endpoint{server, settings_of(story), "s" + std::to_string(++count)};
    if (has_companion(story)) endpoint.install("bin/tray", read_file("/usr/bin/sleep") + "1", 0755);
    const std::vector<Item> items = items_of(story, endpoint);
    INFO(describe(story));
    std::optional<OtherWatchdog> old;
    if (story.scenario == "old-watchdog") {
        old.emplace(endpoint.layout().watchdog_socket(), [](const std::string& request) {
            return request.find("Ping") != std::string::npos
                       ? R"({"ok":true,"message":"0.9"})"
                       : R"({"ok":false,"error":"unsupported","message":"what?"})";
        });
        endpoint.start_agent();
    } else {
        endpoint.start_watchdog();
    }
    if (story.scenario.starts_with("updatectl-")) {
        Operator op{endpoint};
        (void)op.run(op.apply(number_of(story), story.version));
    } else if (story.blow && story.blow->kind == Blow::Kind::kill) {
        be_struck(story, endpoint, items);
    } else {
        be_offered(story, endpoint, items);
    }
    const auto record = endpoint.record();
    REQUIRE_MESSAGE(record, endpoint.logs());
    const Outcome end = outcome_of(*record);
    return {{std::string{name(end.ending)}, std::string{name(end.reason)}, std::string{name(end.route)},
             what_runs(endpoint, items.front())},
            endpoint.settings()};
}

}  // namespace update::test
