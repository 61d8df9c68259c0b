// The volume is full in each step that writes: before the first byte, and suddenly in the middle of an
// update.
#include <doctest/doctest.h>
#include <iostream>

#include "small_volume.hpp"
#include "support/killer.hpp"

using namespace update;
using namespace update::test;

namespace {

using Who = Endpoint::Who;
namespace fs = std::filesystem;
constexpr std::uint64_t MiB = 1024 * 1024;

bool possible() {
    std::string why = SmallVolume::why_not();
    if (why.empty()) why = Killer::why_not();
    if (!why.empty()) MESSAGE("skipped: ", why);
    return why.empty();
}

enum class Volume { state, root };

struct Case {
    Volume volume;
    State state;
    Who worker;
    Ending ending;
    Reason reason;
    bool evidence = true;
    std::string route = "watchdog", version = "1.1.0", program = "agent-1.1";
};

void play(Server& server, const Case& c) {
    static unsigned count = 0;
    const std::string story = c.route + " route: the volume of the " +
                              (c.volume == Volume::state ? "state folder" : "install root") +
                              " is full from the entry of " + std::string{row(c.state).name};
    CAPTURE(story);
    Endpoint endpoint{server,
                      {{"routes", "[\"" + c.route + "\"]"},
                       {"trial.ready_timeout", R"("10s")"},
                       {"trial.ack_timeout", R"("15s")"}},
                      "a" + std::to_string(++count)};
    SmallVolume volume{c.volume == Volume::state ? endpoint.state_dir() : endpoint.install_root(), 160 * MiB};
    endpoint.start_watchdog();
    Killer filler{endpoint, {c.worker, c.state, At::entry, c.worker}, [&] {
                      volume.fill(c.volume == Volume::state ? "run/ballast" : "bin/ballast");
                  }};
    const std::string id = endpoint.offer_agent(c.version, c.program);
    await(
        story, 30s, [&] { return filler.killed() != 0; }, [&] { return endpoint.logs(); });

    // The end is decided on the full disk; filing it may have to wait for room.
    await(
        "the update ends on the full disk", 60s,
        [&] {
            const auto now = endpoint.record();
            return now && now->update_id == id && is_terminal(now->progress.state);
        },
        [&] { return endpoint.logs(); });
    const std::string expected = c.ending == Ending::committed ? "1.1.0" : "1.0.0";
    endpoint.await_session_of(expected);
    volume.free();

    const Outcome end = endpoint.end_of(id, 60s);
    INFO(endpoint.logs());
    CHECK(name(end.ending) == name(c.ending));
    CHECK(name(end.reason) == name(c.reason));
    if (c.evidence) {
        CHECK(end.evidence.need_bytes.value_or(0) > 0);
        CHECK(end.evidence.have_bytes.value_or(~0ULL) < 17 * MiB);
    }
    CHECK(endpoint.installed_version() == expected);
    endpoint.await_session_of(expected);
    CHECK(endpoint.leftovers() == std::vector<std::string>{});
    std::cout << story << " -> " << name(end.ending) << " (" << name(end.reason) << "), need "
              << end.evidence.need_bytes.value_or(0) << ", have " << end.evidence.have_bytes.value_or(0)
              << ", " << expected << " runs" << std::endl;
}

std::uint64_t bytes_below(const fs::path& folder) {
    std::uint64_t bytes = 0;
    if (!fs::exists(folder)) return bytes;
    for (const auto& entry : fs::recursive_directory_iterator{folder})
        if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
}

}  // namespace

TEST_CASE("too little room is seen before the first byte, with need and have") {
    if (!possible()) return;
    Server server;
    for (const Volume which : {Volume::state, Volume::root}) {
        Endpoint endpoint{server, {}, which == Volume::state ? "state" : "root"};
        const fs::path folder = which == Volume::state ? endpoint.state_dir() : endpoint.install_root();
        const auto size = bytes_below(folder) + 8 * MiB;  // a third of the agent
        SmallVolume volume{folder, size};
        endpoint.start_watchdog();
        const Outcome end = endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1"));
        INFO(endpoint.logs());
        CHECK(end.ending == Ending::abandoned);
        CHECK(end.reason == Reason::no_space);
        CHECK(end.bytes == 0);
        CHECK(end.evidence.need_bytes.value_or(0) > end.evidence.have_bytes.value_or(0));
        CHECK(end.evidence.have_bytes.value_or(~0ULL) < size);
        CHECK(endpoint.installed_version() == "1.0.0");
        CHECK(endpoint.leftovers() == std::vector<std::string>{});
        std::cout << "preflighting: need " << end.evidence.need_bytes.value_or(0) << ", have "
                  << end.evidence.have_bytes.value_or(0) << std::endl;
    }
}

TEST_CASE("a volume that fills up before the hand-over abandons the update, and nothing is left over") {
    if (!possible()) return;
    Server server;
    for (const Case& c : {
             Case{Volume::state, State::downloading, Who::agent, Ending::abandoned, Reason::no_space},
             Case{Volume::root, State::staging, Who::agent, Ending::abandoned, Reason::no_space},
             // Testing and handing over write nothing; what comes next needs room.
             Case{Volume::state, State::self_testing, Who::agent, Ending::abandoned, Reason::no_space},
             Case{Volume::state, State::backing_up, Who::agent, Ending::abandoned, Reason::no_space},
             Case{Volume::state, State::handing_over, Who::agent, Ending::abandoned, Reason::no_space},
             Case{Volume::state, State::verifying, Who::watchdog, Ending::abandoned, Reason::no_space},
         })
        play(server, c);
}

TEST_CASE("a volume that fills up while an update is discarded keeps nothing from being removed") {
    if (!possible()) return;
    Server server;
    for (const Volume which : {Volume::state, Volume::root})
        play(server, {which, State::discarding, Who::agent, Ending::abandoned, Reason::self_test_failed,
                      false, "watchdog", "1.2.0", "agent-1.1"});
}

TEST_CASE("a volume that fills up after the hand-over costs neither the agent nor a good update") {
    if (!possible()) return;
    Server server;
    for (const State state : {State::stopping, State::swapping, State::starting, State::awaiting_ready,
                              State::awaiting_ack, State::cleaning_up, State::committed})
        play(server, {Volume::state, state, Who::watchdog, Ending::committed, Reason::none, false});
    for (const State state : {State::stopping, State::swapping})
        play(server, {Volume::root, state, Who::watchdog, Ending::committed, Reason::none, false});
}

TEST_CASE(
    "a volume that fills up before the agent has exchanged itself rolls back, and later costs nothing") {
    if (!possible()) return;
    Server server;
    // The seals are written first of all.
    Case early{Volume::state, State::self_swapping, Who::agent, Ending::rolled_back, Reason::no_space};
    Case late{Volume::state, State::exiting, Who::agent, Ending::committed, Reason::none, false};
    for (Case* c : {&early, &late}) {
        c->route = "exit-code";
        play(server, *c);
    }
}

TEST_CASE("a volume that fills up on the way back keeps no old version from running again") {
    if (!possible()) return;
    Server server;
    for (const Volume which : {Volume::state, Volume::root})
        for (const State state : {State::stopping_trial, State::restoring, State::restarting_old,
                                  State::watching_old, State::rolled_back})
            play(server, {which, state, Who::watchdog, Ending::rolled_back, Reason::crashed, false,
                          "watchdog", "1.2.0", "agent-1.2-crashes"});
}
