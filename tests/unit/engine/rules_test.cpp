// What begins an update, what does not, and what stops one.
#include "steps/asides.hpp"
#include "support/scripted_http.hpp"
#include "world.hpp"

#if !defined(_WIN32)
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#endif

using namespace update;
using namespace update::test;

namespace {

constexpr Route routes[] = {Route::watchdog, Route::self_update, Route::exit_code};

ErrorCode code(const Result<Halt>& halt) {
    REQUIRE_FALSE(halt.has_value());
    return halt.error().code();
}

}  // namespace

TEST_CASE("another update is refused while one is in progress, and the same one is not begun again") {
    World world{Route::watchdog};
    const auto begun = world.begin();
    REQUIRE_MESSAGE(begun, (begun ? "" : begun.error().message()));
    REQUIRE(*begun == Halt::not_mine);
    REQUIRE(world.state() == State::verifying);
    CHECK(world.begin() == Halt::not_mine);
    const Plan first = world.plan;
    world.plan.update_id = "u-2";
    CHECK(code(world.begin()) == ErrorCode::refused);
    world.plan = first;
    CHECK(world.state() == State::verifying);
    world.run_to_the_end();
    CHECK(world.state() == State::committed);
}

TEST_CASE("the version that was kept is a plan that can be read again, and names the files that were kept") {
    World world{Route::watchdog};
    world.settings.policy.keep_previous = 1;
    world.run_to_the_end();
    REQUIRE(world.state() == State::committed);
    const auto kept = parse_plan(world.read(world.layout.previous() / "plan.json"));
    REQUIRE_MESSAGE(kept, (kept ? "" : kept.error().message()));
    CHECK(kept->version == old_version);
    REQUIRE(kept->artifacts.size() == world.plan.artifacts.size());
    for (const Artifact& artifact : kept->artifacts) {
        const auto file = path_of_file_url(artifact.urls.at(0));
        REQUIRE(file);
        CHECK(fs::file_size(*file) == artifact.size_bytes);
    }
}

TEST_CASE("an update that ended is ended when it is offered again, even after another one") {
    World world{Route::watchdog, Behaviour::hangs};
    world.run_to_the_end();
    REQUIRE(world.state() == State::rolled_back);
    const auto starts = world.agent_starts_of_new;
    CHECK(world.begin() == Halt::ended);
    world.plan.update_id = "u-2";
    world.plan.version = "2.1";  // the played image still says 2.0, so its self-test fails
    REQUIRE(world.begin() == Halt::ended);
    world.plan.update_id = "u-1";
    world.plan.version = new_version;
    CHECK(world.begin() == Halt::ended);
    CHECK(world.agent_starts_of_new == starts);
    CHECK(world.record()->update_id == "u-2");
}

TEST_CASE("a server that forgot an outcome is told the same again") {
    World world{Route::watchdog};
    world.run_to_the_end();
    const auto first = world.outcome();
    REQUIRE(first);
    CHECK(first->ended_at_unix_ms > 0);
    REQUIRE(world.files.remove(world.layout.outcome(world.plan.update_id)));  // the server confirmed it
    world.clock.time += 1h;
    CHECK(world.begin() == Halt::ended);
    CHECK(world.outcome() == first);
}

TEST_CASE("a version that hung is quarantined: its next offer is refused and touches nothing") {
    World world{Route::watchdog, Behaviour::hangs};
    world.run_to_the_end();
    REQUIRE(world.state() == State::rolled_back);
    world.plan.update_id = "u-2";
    const auto refused = world.begin();
    CHECK(code(refused) == ErrorCode::refused);
    CHECK(refused.error().message().find("quarantine") != std::string::npos);
    CHECK(world.record()->update_id == "u-1");
    CHECK(world.left_over().empty());
}

TEST_CASE("a version whose attempts are used up is refused") {
    World world{Route::watchdog};
    world.settings.policy.attempts_per_version = 2;
    ScriptedHttp http;
    world.http = &http;
    world.plan.artifacts[0].urls = {"https://one.example/agent"};
    for (const char* id : {"u-1", "u-2"}) {
        world.plan.update_id = id;
        // Corrupt after its first byte, twice: an attempt that is not given back.
        http.script.assign(2, serve(pattern(world.plan.artifacts[0].size_bytes)));
        const auto halt = world.begin();
        if (!halt) break;  // quarantined already: as good
        CHECK(world.state() == State::abandoned);
    }
    world.plan.update_id = "u-3";
    CHECK(code(world.begin()) == ErrorCode::refused);
}

TEST_CASE("a plan that breaks a rule is refused before anything is written") {
    World world{Route::watchdog};
    world.plan.artifacts[0].install_path = "../agent";
    CHECK(code(world.begin()) == ErrorCode::refused);
    CHECK_FALSE(fs::exists(world.layout.state_dir()));
}

TEST_CASE("a file for a folder that does not exist is refused before the first byte, with the cure") {
    World world{Route::watchdog};
    world.plan.artifacts[1].install_path = "share/new/data";
    REQUIRE(world.begin() == Halt::ended);
    CHECK(world.state() == State::abandoned);
    CHECK(world.outcome()->reason == Reason::refused);
    CHECK(world.outcome()->message.find("share/new, which does not exist") != std::string::npos);
    CHECK(world.outcome()->message.find("make it") != std::string::npos);
    CHECK(world.performed[static_cast<std::size_t>(State::downloading)] == 0);
    CHECK(world.left_over().empty());
}

#if !defined(_WIN32)
TEST_CASE("a folder that belongs to somebody else is refused before the first byte, with the cure") {
    World world{Route::watchdog};
    if (::geteuid() != 0) {
        MESSAGE("skipped, only root can give a folder away");
        return;
    }
    constexpr ::uid_t somebody = 4711;
    const Path folder = world.settings.install_root / "share";
    REQUIRE(::chown(folder.c_str(), somebody, static_cast<::gid_t>(-1)) == 0);
    REQUIRE(world.begin() == Halt::ended);
    CHECK(world.state() == State::abandoned);
    CHECK(world.outcome()->reason == Reason::refused);
    CHECK(world.outcome()->message.find("belongs to account 4711") != std::string::npos);
    CHECK(world.performed[static_cast<std::size_t>(State::downloading)] == 0);
    CHECK(world.left_over().empty());
}

TEST_CASE("a folder on the way to a program that others can write to is refused before the first byte") {
    const auto mode = [](::mode_t bits) {
        return [bits](const Path& folder) { return ::chmod(folder.c_str(), bits) == 0; };
    };
    // user::rwx, user:1:rwx, group::r-x, mask::rwx, other::r-x: version 2, then tag, permissions, id each.
    const std::string list{
        "\x02\0\0\0"
        "\x01\0\x07\0\xff\xff\xff\xff"
        "\x02\0\x07\0\x01\0\0\0"
        "\x04\0\x05\0\xff\xff\xff\xff"
        "\x10\0\x07\0\xff\xff\xff\xff"
        "\x20\0\x05\0\xff\xff\xff\xff",
        44};
    const auto access_list = [&](const Path& folder) {
        return ::setxattr(folder.c_str(), "system.posix_acl_access", list.data(), list.size(), 0) == 0;
    };
    const std::pair<std::string, std::function<bool(const Path&)>> openings[] = {
        {"by its group", mode(0775)},
        {"by everybody", mode(0757)},
        {"by everybody, each his own files", mode(01777)},
        {"by an account on its access list", access_list}};
    for (const auto& [name, open] : openings)
        for (const char* const folder : {"", "bin"}) {
            World world{Route::watchdog};
            const Path opened = world.settings.install_root / folder;
            const std::string context = opened.string() + ", " + name;
            if (!open(opened)) {
                MESSAGE("skipped, not possible here: ", context);
                continue;
            }
            REQUIRE(world.begin() == Halt::ended);
            CHECK_MESSAGE(world.state() == State::abandoned, context);
            CHECK_MESSAGE(world.outcome()->reason == Reason::refused, context);
            CHECK_MESSAGE(world.outcome()->message.find("only its owner can write to") != std::string::npos,
                          context);
            CHECK(world.performed[static_cast<std::size_t>(State::downloading)] == 0);
            CHECK(world.left_over().empty());
        }
}
#endif

TEST_CASE("a service manager that cannot be asked for a moment is waited for before an update") {
    World world{Route::watchdog};
    world.unreadable_looks = 3;
    world.run_to_the_end();
    world.check_end("the bus restarts");
    CHECK(world.state() == State::committed);
}

TEST_CASE("a service manager that cannot be asked for long costs the update, and not a byte") {
    World world{Route::watchdog};
    world.unreadable_looks = 1'000;
    const Instant begun = world.clock.time;
    REQUIRE(world.begin() == Halt::ended);
    CHECK(world.state() == State::abandoned);
    CHECK(world.outcome()->reason == Reason::no_route);
    CHECK(world.outcome()->message.find("the bus is away") != std::string::npos);
    CHECK(world.outcome()->bytes == 0);
    CHECK(world.clock.time - begun >= 25s);
    CHECK(world.clock.time - begun < 30s);
}

TEST_CASE("with no route to a restart nothing is downloaded") {
    World world{Route::watchdog};
    world.watchdog_there = false;
    REQUIRE(world.begin() == Halt::ended);
    CHECK(world.state() == State::abandoned);
    CHECK(world.outcome()->reason == Reason::no_route);
    CHECK(world.outcome()->bytes == 0);
    CHECK(world.performed[static_cast<std::size_t>(State::downloading)] == 0);
    CHECK(world.left_over().empty());
}

TEST_CASE("whoever starts the agent is prepared before it exchanges its own program, and by no other route") {
    for (const Route route : routes) {
        World world{route};
        world.run_to_the_end();
        CHECK(world.state() == State::committed);
        CHECK(world.exchanges_prepared ==
              (route == Route::exit_code ? std::vector<State>{State::handing_over} : std::vector<State>{}));
    }
}

TEST_CASE("a service manager that cannot be prepared for the exchange closes the exit-code route") {
    World world{Route::exit_code};
    world.exchange_is_refused = true;
    world.run_to_the_end();
    CHECK(world.state() == State::abandoned);
    CHECK(world.outcome()->reason == Reason::no_route);
    CHECK(world.left_over().empty());
}

TEST_CASE("what stepped aside for any file of a set is noted at the update's end, and earlier notes stay") {
    World world{Route::watchdog};
    const Artifact& data = world.plan.artifacts.at(1);
    REQUIRE(data.role == Role::file);
    // As the swap leaves it on Windows.
    world.point = [&](std::string_view) {
        const auto now = world.record();
        if (now && now->progress.state == State::cleaning_up)
            world.write(world.layout.aside(data), "a program runs from it");
    };
    REQUIRE(world.files.make_private_directory(world.settings.state_dir));
    world.write(world.layout.asides(), "bin/other\n");
    world.run_to_the_end();
    CHECK(world.state() == State::committed);
    const auto noted = noted_asides(world.files, world.layout);
    REQUIRE(noted);
    CHECK(*noted == std::vector<std::string>{"bin/other", data.install_path});
}

TEST_CASE("an update for which nothing stepped aside notes nothing") {
    World world{Route::watchdog};
    world.run_to_the_end();
    CHECK_FALSE(fs::exists(world.layout.asides()));
}

TEST_CASE("cancelled in any state that allows it, the old version runs and nothing is left over") {
    for (const Route route : routes)
        for (const Exception& x : exceptions()) {
            if (x.on != Event::cancelled) continue;
            World world{route, Behaviour::good};
            bool asked = false;
            world.point = [&](std::string_view) {
                const auto now = world.record();
                if (asked || !now || now->progress.state != x.from) return;
                asked = true;
                world.write(world.layout.cancel_request(), "u-1");
                // A crash lets the engine look at the request before the state's effect is done.
                throw Crash{};
            };
            world.run_to_the_end();
            const std::string context =
                std::string{update::name(route)} + ", cancelled in " + std::string{row(x.from).name};
            if (!asked) {
                CHECK_MESSAGE((route == Route::exit_code && x.from == State::verifying), context);
                continue;
            }
            world.check_end(context);
            CHECK_MESSAGE(world.live_version() == old_version, context);
            const State end = is_after_hand_over(x.from) ? State::rolled_back : State::abandoned;
            CHECK_MESSAGE(row(world.state()).name == row(end).name, context);
            const auto reason = world.outcome()->reason;
            const Reason told = is_after_hand_over(x.from) ? Reason::requested : Reason::cancelled;
            CHECK_MESSAGE((reason == told || (route == Route::exit_code && reason == Reason::crashed)),
                          context << ": " << update::name(reason));
        }
}

TEST_CASE("an agent that is started while somebody completes its half-done swap makes way") {
    World world{Route::exit_code};
    world.point = [&](std::string_view operation) {
        const auto now = world.record();
        if (operation == "rename" && now && now->progress.state == State::self_swapping) throw Crash{};
    };
    CHECK_THROWS_AS((void)world.begin(), Crash);
    REQUIRE(world.state() == State::self_swapping);
    CHECK(world.as(Actor::agent, [](Engine& e) { return e.must_make_way(Halt::busy); }));
}

TEST_CASE("an agent whose files are half exchanged, and for which nobody goes on, goes on itself") {
    for (const State half : {State::swapping, State::restoring}) {
        World world{Route::self_update, half == State::swapping ? Behaviour::good : Behaviour::exits};
        int exchanged = 0;
        world.point = [&](std::string_view operation) {
            const auto now = world.record();
            if (operation != "rename" || !now || now->progress.state != half || ++exchanged != 2) return;
            world.helpers_refused = true;
            throw Crash{};
        };
        world.run_to_the_end();
        const std::string context{row(half).name};
        REQUIRE_MESSAGE(world.state() == half, context);
        CHECK_MESSAGE(world.as(Actor::agent, [](Engine& e) { return e.must_make_way(Halt::not_mine); }),
                      context);
        CHECK_MESSAGE(world.state() == row(half).next, context);
        CHECK_MESSAGE(
            world.read(world.settings.install_root / "share/data") == "data of " + world.live_version(),
            context);
    }
}

TEST_CASE("a request to cancel another update cancels nothing") {
    World world{Route::watchdog};
    world.point = [&](std::string_view) {
        if (world.record()) world.write(world.layout.cancel_request(), "u-0");
    };
    world.run_to_the_end();
    CHECK(world.state() == State::committed);
}

TEST_CASE("a cancelled attempt is given back") {
    World world{Route::watchdog};
    world.settings.policy.attempts_per_version = 1;
    world.point = [&](std::string_view) {
        if (const auto now = world.record(); now && now->progress.state == State::staging)
            world.write(world.layout.cancel_request(), world.plan.update_id);
    };
    REQUIRE(world.begin() == Halt::ended);
    REQUIRE(world.state() == State::abandoned);
    world.point = [](std::string_view) {};
    world.plan.update_id = "u-2";
    world.run_to_the_end();
    CHECK(world.state() == State::committed);
}
