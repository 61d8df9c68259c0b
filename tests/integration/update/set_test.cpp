// Sets of agent, companion, plain files and the watchdog itself: new or old as a whole.
#include "story.hpp"

using namespace update;
using namespace update::test;

namespace fs = std::filesystem;

namespace {

/// A program that waits for an hour and knows nothing of updates; `build` makes one differ from another.
std::string waiting_program(const std::string& build) { return read_file("/usr/bin/sleep") + build; }
/// One that ends with 1 at once.
std::string crashing_program(const std::string& build) { return read_file("/usr/bin/false") + build; }

const Overrides with_tray{{"routes", R"(["watchdog"])"},
                          {"more_programs",
                           "[[programs]]\nname = \"tray\"\npath = \"bin/tray\"\n"
                           "arguments = [\"3600\"]\nstop_timeout = \"5s\"\n"}};

/// An endpoint with all that a set can hold.
struct World {
    Server server;
    Endpoint endpoint{server, with_tray};
    explicit World(const std::string& route = "watchdog", const std::string& tray = waiting_program("1")) {
        endpoint.configure(with(with_tray, {{"routes", "[\"" + route + "\"]"}}));
        endpoint.install("bin/tray", tray, 0755);
        endpoint.install("share/rules.txt", "old rules");
        endpoint.start_watchdog();
    }
    Item tray() {
        return {.role = Role::companion,
                .install_path = "bin/tray",
                .source = file_of(endpoint, "tray.new", waiting_program("2")),
                .self_test = false};
    }
    Item rules() {
        return {.role = Role::file,
                .install_path = "share/rules.txt",
                .source = file_of(endpoint, "rules.new", "new rules"),
                .self_test = false};
    }
    Item manual() {
        return {.role = Role::file,
                .install_path = "share/manual.txt",
                .source = file_of(endpoint, "manual.new", "the manual"),
                .self_test = false};
    }
    pid_t tray_pid() const {
        for (const RunningProcess& process : processes_with((endpoint.install_root() / "bin/tray").string()))
            return process.pid;
        return -1;
    }
    std::string tray_that_runs() const {
        return read_file(fs::path{"/proc"} / std::to_string(tray_pid()) / "exe");
    }
    void check_all_old() {
        check_old_version_runs(endpoint);
        CHECK(endpoint.installed("bin/tray") == waiting_program("1"));
        CHECK(endpoint.installed("share/rules.txt") == "old rules");
        CHECK_FALSE(fs::exists(endpoint.install_root() / "share/manual.txt"));
        await(
            "the old companion runs", 10s, [&] { return tray_that_runs() == waiting_program("1"); },
            [&] { return endpoint.logs(); });
        check_nothing_left(endpoint);
    }
};

}  // namespace

TEST_CASE("a whole set becomes new, and the watchdog goes on as its new version in the same process") {
    World world;
    Endpoint& endpoint = world.endpoint;
    const pid_t watchdog = endpoint.pid_of(Endpoint::Who::watchdog);
    REQUIRE(endpoint.watchdog_version() == "1.0.0");
    const Outcome end =
        endpoint.end_of(endpoint.offer("1.1.0", {watchdog_item("watchdog-1.1"), agent_item("agent-1.1"),
                                                 world.tray(), world.rules(), world.manual()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(end.reason == Reason::none);
    check_facts(end, "1.0.0", "1.1.0");
    endpoint.await_session_of("1.1.0");
    CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.1")));
    CHECK(endpoint.installed("bin/watchdog") == read_file(built_version("watchdog-1.1")));
    CHECK(endpoint.installed("share/rules.txt") == "new rules");
    CHECK(endpoint.installed("share/manual.txt") == "the manual");
    CHECK(endpoint.watchdog_version() == "1.1.0");
    CHECK(endpoint.pid_of(Endpoint::Who::watchdog) == watchdog);
    CHECK(world.tray_that_runs() == waiting_program("2"));
    check_nothing_left(endpoint, {"share/manual.txt"});
}

TEST_CASE("after its renewal the watchdog supervises the agent that runs, and updates it again") {
    World world;
    Endpoint& endpoint = world.endpoint;
    const Outcome first =
        endpoint.end_of(endpoint.offer("1.1.0", {watchdog_item("watchdog-1.1"), agent_item("agent-1.1")}));
    REQUIRE(first.ending == Ending::committed);
    const Outcome second = endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-crashes"));
    CAPTURE(endpoint.logs());
    CHECK(second.ending == Ending::rolled_back);
    CHECK(second.reason == Reason::crashed);
    endpoint.await_session_of("1.1.0");
    CHECK(endpoint.watchdog_version() == "1.1.0");
    check_nothing_left(endpoint);
}

TEST_CASE("a set with one bad item touches nothing and stops nothing") {
    World world;
    Endpoint& endpoint = world.endpoint;
    const pid_t agent = endpoint.pid_of(Endpoint::Who::agent), tray = world.tray_pid();
    Item bad = world.rules();
    bad.tampered = true;
    const Outcome end =
        endpoint.end_of(endpoint.offer("1.1.0", {watchdog_item("watchdog-1.1"), agent_item("agent-1.1"),
                                                 world.tray(), world.manual(), bad}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::corrupt);
    CHECK(end.message.find("share/rules.txt") != std::string::npos);
    CHECK_FALSE(end.downtime_us.has_value());
    CHECK(endpoint.pid_of(Endpoint::Who::agent) == agent);
    CHECK(world.tray_pid() == tray);
    world.check_all_old();
}

TEST_CASE("a set whose agent crashes becomes old as a whole; a file that was not there is gone again") {
    World world;
    Endpoint& endpoint = world.endpoint;
    const Outcome end = endpoint.end_of(endpoint.offer(
        "1.2.0", {agent_item("agent-1.2-crashes"), world.tray(), world.rules(), world.manual()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == Reason::crashed);
    check_facts(end, "1.0.0", "1.2.0");
    world.check_all_old();
}

TEST_CASE("a set whose companion crashes becomes old as a whole, though its agent is well") {
    World world;
    Endpoint& endpoint = world.endpoint;
    Item tray = world.tray();
    tray.source = file_of(endpoint, "tray.bad", crashing_program("2"));
    const Outcome end =
        endpoint.end_of(endpoint.offer("1.1.0", {agent_item("agent-1.1"), tray, world.rules()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == Reason::crashed);
    CHECK(end.message.find("tray") != std::string::npos);
    CHECK(end.evidence.exit_code == 1);
    world.check_all_old();
}

TEST_CASE(
    "a companion that crashed before, and is not part of the set, does not keep the agent from its update") {
    World world{"watchdog", crashing_program("1")};
    Endpoint& endpoint = world.endpoint;
    const Outcome end = endpoint.end_of(endpoint.offer("1.1.0", {agent_item("agent-1.1"), world.rules()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    endpoint.await_session_of("1.1.0");
}

TEST_CASE("a watchdog that crashes: its guardian makes the whole set old, and the old watchdog runs again") {
    World world;
    Endpoint& endpoint = world.endpoint;
    Item watchdog = watchdog_item("watchdog-1.2-crashes");
    watchdog.self_test = false;  // it belongs to another version, and crashes only when it has to work
    const Outcome end = endpoint.end_of(endpoint.offer(
        "1.1.0", {watchdog, agent_item("agent-1.1"), world.tray(), world.rules(), world.manual()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == Reason::watchdog_failed);
    check_facts(end, "1.0.0", "1.1.0");
    CHECK(is_quarantined(endpoint, "1.1.0"));
    await(
        "the old watchdog answers", 20s, [&] { return endpoint.watchdog_version() == "1.0.0"; },
        [&] { return endpoint.logs(); });
    world.check_all_old();
}

TEST_CASE("by self-update, the helper has the watchdog renewed") {
    World world{"self-update"};
    Endpoint& endpoint = world.endpoint;
    const pid_t watchdog = endpoint.pid_of(Endpoint::Who::watchdog);
    const Outcome end = endpoint.end_of(
        endpoint.offer("1.1.0", {watchdog_item("watchdog-1.1"), agent_item("agent-1.1"), world.tray()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(end.route == Route::self_update);
    endpoint.await_session_of("1.1.0");
    CHECK(endpoint.watchdog_version() == "1.1.0");
    CHECK(endpoint.pid_of(Endpoint::Who::watchdog) == watchdog);
    CHECK(world.tray_that_runs() == waiting_program("2"));
    check_nothing_left(endpoint);
}

TEST_CASE("by self-update, a watchdog that crashes takes the whole set back with it") {
    World world{"self-update"};
    Endpoint& endpoint = world.endpoint;
    const pid_t watchdog_before = endpoint.pid_of(Endpoint::Who::watchdog);
    Item watchdog = watchdog_item("watchdog-1.2-crashes");
    watchdog.self_test = false;
    const Outcome end =
        endpoint.end_of(endpoint.offer("1.1.0", {watchdog, agent_item("agent-1.1"), world.rules()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == Reason::watchdog_failed);
    CHECK(endpoint.pid_of(Endpoint::Who::watchdog) != watchdog_before);
    await(
        "the old watchdog answers", 20s, [&] { return endpoint.watchdog_version() == "1.0.0"; },
        [&] { return endpoint.logs(); });
    world.check_all_old();
}

TEST_CASE("by exit code, the new agent has the watchdog renewed") {
    World world{"exit-code"};
    Endpoint& endpoint = world.endpoint;
    const pid_t watchdog = endpoint.pid_of(Endpoint::Who::watchdog);
    const Outcome end = endpoint.end_of(
        endpoint.offer("1.1.0", {watchdog_item("watchdog-1.1"), agent_item("agent-1.1"), world.tray()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(end.route == Route::exit_code);
    endpoint.await_session_of("1.1.0");
    CHECK(endpoint.watchdog_version() == "1.1.0");
    CHECK(endpoint.pid_of(Endpoint::Who::watchdog) == watchdog);
    CHECK(world.tray_that_runs() == waiting_program("2"));
    check_nothing_left(endpoint);
}

TEST_CASE("by exit code, a watchdog that crashes takes the whole set back with it") {
    World world{"exit-code"};
    Endpoint& endpoint = world.endpoint;
    const pid_t watchdog_before = endpoint.pid_of(Endpoint::Who::watchdog);
    Item watchdog = watchdog_item("watchdog-1.2-crashes");
    watchdog.self_test = false;
    const Outcome end =
        endpoint.end_of(endpoint.offer("1.1.0", {watchdog, agent_item("agent-1.1"), world.rules()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == Reason::watchdog_failed);
    CHECK(endpoint.pid_of(Endpoint::Who::watchdog) != watchdog_before);
    await(
        "the old watchdog answers", 20s, [&] { return endpoint.watchdog_version() == "1.0.0"; },
        [&] { return endpoint.logs(); });
    world.check_all_old();
}

TEST_CASE("by exit code, a set is refused whose companion nobody would start again with the agent") {
    World world{"exit-code"};
    Endpoint& endpoint = world.endpoint;
    endpoint.configure(with(with_tray, {{"routes", R"(["exit-code"])"}, {"restarted_on_failure", "true"}}));
    endpoint.restart_watchdog();
    const pid_t tray = world.tray_pid();
    const Outcome end = endpoint.end_of(endpoint.offer("1.1.0", {agent_item("agent-1.1"), world.tray()}));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::no_route);
    CHECK(end.bytes == 0);
    CHECK(end.message.find("tray would go on as its old version") != std::string::npos);
    CHECK(end.message.find("self-update") != std::string::npos);
    CHECK(world.tray_pid() == tray);
    world.check_all_old();
    // Without a companion nothing keeps the agent from going alone.
    const Outcome alone = endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1"));
    CHECK(alone.ending == Ending::committed);
    CHECK(alone.route == Route::exit_code);
}

TEST_CASE("the watchdog answers while it verifies a large set") {
    World world;
    Endpoint& endpoint = world.endpoint;
    const fs::path large = file_of(endpoint, "large", "");
    fs::resize_file(large, 512 * 1024 * 1024);  // of zeros: they take no room before they are copied
    const std::string id = endpoint.offer(
        "1.1.0", {agent_item("agent-1.1"),
                  {.role = Role::file, .install_path = "share/large", .source = large, .self_test = false}});
    const auto verifies = [&] {
        const auto record = endpoint.record();
        return record && record->progress.state == State::verifying;
    };
    await("the watchdog verifies", 60s, verifies, [&] { return endpoint.logs(); });
    // In its first moment it may not have begun yet.
    const auto begun = std::chrono::steady_clock::now();
    bool answered = false;
    while (!answered && verifies()) {
        const bool replied = !endpoint.watchdog_version().empty();
        answered = replied && verifies() && std::chrono::steady_clock::now() - begun > 60ms;
    }
    CHECK(answered);
    CHECK(endpoint.end_of(id).ending == Ending::committed);
}
