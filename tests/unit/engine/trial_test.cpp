// Who may judge the new version by what, and how long.
#include "world.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("an outage that was there before the update does not roll the new version back") {
    World world{Route::watchdog};
    world.connected = false;
    world.server_up = false;
    const Instant begun = world.clock.time;
    world.point = [&](std::string_view) {  // the server comes back after two and a half ack limits
        if (world.clock.time - begun > 1'500s) world.server_up = true;
    };
    // What the agent says once the server is back: that its session stands, then the acknowledgement.
    bool told = false;
    world.finger.before = [&, before = world.finger.before](std::string_view op, const Path& path) {
        if (world.clock.time - begun > 1'100s && !told && world.agent) {
            told = true;
            world.acknowledged = true;
            world.intruder = Signal{.kind = Signal::Kind::acknowledged,
                                    .update_id = "u-1",
                                    .version = new_version,
                                    .connected = true,
                                    .pid = world.agent->pid};
        }
        return before(op, path);
    };
    world.run_to_the_end();
    world.check_end("outage from before");
    CHECK(world.state() == State::committed);
    CHECK(world.record()->outage_extensions >= 1);
    CHECK(world.clock.time - begun > 1'100s);
}

TEST_CASE("a server that was reached before the update and is not any more costs the new version its trial") {
    World world{Route::watchdog};
    world.connected = true;
    world.server_up = false;
    const Instant begun = world.clock.time;
    world.run_to_the_end();
    world.check_end("outage since the update");
    CHECK(world.state() == State::rolled_back);
    // The old version cannot reach the server either, so it was the network and the version is not banned.
    CHECK(world.outcome()->reason == Reason::network);
    CHECK(world.record()->outage_extensions == 0);
    CHECK(world.clock.time - begun >= world.settings.trial.ack_timeout);
    CHECK(world.clock.time - begun <= 2 * world.settings.trial.ack_timeout + 120s);
}

TEST_CASE("a version that the server does not acknowledge is bad when the old one reaches the server") {
    World world{Route::watchdog, Behaviour::unacknowledged};
    world.run_to_the_end();
    CHECK(world.state() == State::rolled_back);
    CHECK(world.outcome()->reason == Reason::not_acknowledged);
}

TEST_CASE("an older server that confirms nothing commits, and the previous version is kept") {
    World world{Route::watchdog, Behaviour::old_server};
    world.run_to_the_end();
    world.check_end("old server");
    CHECK(world.state() == State::committed);
    CHECK(world.outcome()->reason == Reason::unconfirmed);
    CHECK(fs::exists(world.layout.previous() / "plan.json"));
    CHECK(world.read(world.layout.previous() / "1") == "data of " + old_version);
}

TEST_CASE("a late sign of life of another process proves nothing about the new version") {
    for (const Signal::Kind kind :
         {Signal::Kind::ready, Signal::Kind::acknowledged, Signal::Kind::accepted}) {
        World world{Route::watchdog, Behaviour::hangs};
        bool sent = false;
        world.point = [&](std::string_view) {
            const auto now = world.record();
            if (sent || !now || now->progress.state != State::awaiting_ready || !world.agent) return;
            sent = true;
            world.intruder = Signal{.kind = kind,
                                    .update_id = "u-1",
                                    .version = old_version,
                                    .connected = true,
                                    .pid = world.agent->pid - 1};
        };
        world.run_to_the_end();
        REQUIRE(sent);
        CHECK(world.state() == State::rolled_back);
        CHECK(world.outcome()->reason == Reason::not_ready);
    }
}

TEST_CASE("an acknowledgement of another update acknowledges nothing") {
    World world{Route::watchdog, Behaviour::unacknowledged};
    bool sent = false;
    world.point = [&](std::string_view) {
        const auto now = world.record();
        if (sent || !now || now->progress.state != State::awaiting_ack || !world.agent) return;
        sent = true;
        world.intruder = Signal{.kind = Signal::Kind::acknowledged,
                                .update_id = "u-0",
                                .version = new_version,
                                .connected = true,
                                .pid = world.agent->pid};
    };
    world.run_to_the_end();
    REQUIRE(sent);
    CHECK(world.state() == State::rolled_back);
}

TEST_CASE("a cancellation of another update does not end this one's trial") {
    World world{Route::watchdog};
    bool sent = false;
    world.point = [&](std::string_view) {
        const auto now = world.record();
        if (sent || !now || now->progress.state != State::awaiting_ack) return;
        sent = true;
        world.intruder = Signal{.kind = Signal::Kind::cancelled, .update_id = "u-0"};
    };
    world.run_to_the_end();
    REQUIRE(sent);
    CHECK(world.state() == State::committed);
}

TEST_CASE("a process that is asked to end leaves the trial where it is, and its limit goes on") {
    World stopped{Route::watchdog, Behaviour::hangs};
    unsigned stops = 0;
    stopped.point = [&](std::string_view operation) {
        const auto now = stopped.record();
        if (operation != "wait" || stops == 3 || !now || now->progress.state != State::awaiting_ready) return;
        ++stops;
        stopped.intruder = Signal{.kind = Signal::Kind::stopping};
    };
    const Instant begun = stopped.clock.time;
    stopped.run_to_the_end();
    stopped.check_end("stopped within the trial");
    CHECK(stops == 3);
    CHECK(stopped.state() == State::rolled_back);
    CHECK(stopped.clock.time - begun < 60s + 60s);  // the ready limit was not begun anew at each restart
}

TEST_CASE("downtime is counted from the stop of the old version to the ready of the new one") {
    World world{Route::watchdog};
    world.run_to_the_end();
    REQUIRE(world.outcome()->downtime_us);
    CHECK(*world.outcome()->downtime_us == 2'000'000);
}

TEST_CASE("a process that is asked to end while it downloads goes on in its next life") {
    World world{Route::watchdog};
    unsigned stops = 0;
    world.point = [&](std::string_view) {
        const auto now = world.record();
        if (stops == 2 || world.intruder || !now || now->progress.state != State::downloading) return;
        ++stops;
        world.intruder = Signal{.kind = Signal::Kind::stopping};
    };
    world.run_to_the_end();
    REQUIRE(stops == 2);
    world.check_end("stopped within the download");
    CHECK(world.performed[static_cast<std::size_t>(State::downloading)] == 3);
    CHECK(world.state() == State::committed);
}

TEST_CASE("a companion that cannot be started keeps no agent down, and is no verdict on a set without it") {
    for (const Behaviour behaviour : {Behaviour::good, Behaviour::exits}) {
        World world{Route::watchdog, behaviour};
        ProgramSettings database;
        database.name = database.path = world.unstartable = "database";
        world.settings.programs.push_back(database);
        world.run_to_the_end();
        world.check_end("companion cannot be started");
        CHECK(world.state() == (behaviour == Behaviour::good ? State::committed : State::rolled_back));
    }
}

TEST_CASE("an agent that starts again within a download does its own work first, and goes on beside it") {
    World world{Route::watchdog};
    world.point = [&](std::string_view) {
        const auto now = world.record();
        if (now && now->progress.state == State::downloading) throw Crash{};
    };
    CHECK_THROWS_AS((void)world.begin(), Crash);
    world.point = [](std::string_view) {};
    const auto later = world.as(Actor::agent, [&](Engine& engine) {
        CHECK(engine.resume(Entry::fresh_process, true) == Halt::would_wait);
        CHECK(world.state() == State::downloading);
        return engine.go_on();
    });
    REQUIRE(later);
    CHECK(world.state() != State::downloading);
}

namespace {

/// The machine goes down, and the agent with it, each time that the trial has lasted a while.
void reboot_within_trial(World& world, unsigned times) {
    world.point = [&world, times, boots = 0u](std::string_view operation) mutable {
        const auto now = world.record();
        const bool in_trial = now && (now->progress.state == State::awaiting_ready ||
                                      now->progress.state == State::awaiting_ack);
        if (operation != "wait" || boots == times || !in_trial) return;
        ++boots;
        world.clock.boot = "boot " + std::to_string(boots);
        world.agent.reset();
        throw Crash{};
    };
}

}  // namespace

TEST_CASE("a machine that is started again within the trial does not cost a good version its starts") {
    for (const Route route : {Route::exit_code, Route::watchdog})
        for (const bool guarded : {false, true}) {
            World world{route};
            world.guard_there = guarded && route == Route::exit_code;
            reboot_within_trial(world, 4);
            world.run_to_the_end();
            const std::string context = std::string{update::name(route)} + (guarded ? ", guarded" : "");
            world.check_end(context);
            CHECK_MESSAGE(world.state() == State::committed, context);
            CHECK_MESSAGE(world.record()->progress.excused == 4, context);
        }
}

TEST_CASE("an administrator who restarts the new version within its trial does not cost it its starts") {
    for (const bool guarded : {false, true}) {
        World world{Route::exit_code};
        world.guard_there = guarded;
        world.point = [&world, restarts = 0u](std::string_view operation) mutable {
            const auto now = world.record();
            const bool in_trial = now && (now->progress.state == State::awaiting_ready ||
                                          now->progress.state == State::awaiting_ack);
            world.started_on_request = restarts > 0;
            if (operation != "wait" || restarts == 4 || !in_trial) return;
            ++restarts;
            world.agent.reset();
            throw Crash{};
        };
        world.run_to_the_end();
        world.check_end(guarded ? "guarded" : "without a guard");
        CHECK(world.state() == State::committed);
        CHECK(world.record()->progress.excused == 4);
    }
}

TEST_CASE("a version that takes the machine down at each of its starts is rolled back") {
    for (const bool guarded : {false, true}) {
        World world{Route::exit_code};
        world.guard_there = guarded;
        reboot_within_trial(world, 1000);
        world.run_to_the_end();
        world.check_end(guarded ? "guarded" : "without a guard");
        CHECK(world.state() == State::rolled_back);
        CHECK(world.outcome()->reason == Reason::crashed);
        CHECK(world.agent_starts_of_new <= world.settings.trial.starts_max + excused_max + 1);
    }
}

TEST_CASE("an agent that comes after its guard, and finds the set half put back, begins no trial") {
    World world{Route::exit_code, Behaviour::exits};
    world.guard_there = true;
    REQUIRE(world.begin() == Halt::exit_for_restart);
    world.agent.reset();
    REQUIRE(world.resume(Actor::guard, Entry::fresh_process));
    REQUIRE(world.record()->start_counted);
    REQUIRE(world.state() == State::awaiting_ready);
    // Another guard was called later, put one file back, could not journal it, and died.
    const Artifact& agent = world.plan.artifacts.front();
    fs::rename(world.layout.backup(agent, world.plan.update_id, 0), world.layout.installed(agent));
    const auto trials = [&] { return world.performed[static_cast<std::size_t>(State::awaiting_ready)]; };
    const unsigned before = trials();
    world.start_agent();
    REQUIRE(world.resume(Actor::agent, Entry::fresh_process));
    CHECK(trials() == before);
    world.agent.reset();
    world.run_to_the_end();
    world.check_end("half put back after the guard");
    CHECK(world.live_version() == old_version);
}
