// Agent, watchdog and helper are killed with SIGKILL in every state in which they work or wait. What a
// service manager would start again is started again; nothing else helps.
#include <csignal>
#include <doctest/doctest.h>
#include <iostream>

#include "support/killer.hpp"

using namespace update;
using namespace update::test;

namespace {

using Who = Endpoint::Who;

struct Case {
    KillPoint point;
    std::string route = "watchdog", version = "1.1.0", program = "agent-1.1";
    std::optional<Ending> ending = Ending::committed;  ///< nothing: committed or rolled back
    bool with_watchdog = false;                        ///< the set holds the watchdog's own program
    bool wrong_digest = false;
};

Case good(Who worker, State state, At at) { return {.point = {worker, state, at, worker}}; }
Case bad(Who worker, State state, At at) {
    return {.point = {worker, state, at, worker},
            .version = "1.2.0",
            .program = "agent-1.2-crashes",
            .ending = Ending::rolled_back};
}

/// One endpoint each; prints what came out.
void play(Server& server, const Case& c) {
    static unsigned count = 0;
    const std::string story = c.route + " route: " + describe(c.point);
    CAPTURE(story);
    const auto begun = std::chrono::steady_clock::now();
    // Longer than the period in which an agent repeats what it has said: the first time may have died with
    // its listener.
    Endpoint endpoint{server,
                      {{"routes", "[\"" + c.route + "\"]"},
                       {"trial.ready_timeout", R"("12s")"},
                       {"trial.ack_timeout", R"("15s")"}},
                      "a" + std::to_string(++count)};
    endpoint.start_watchdog();

    Killer killer{endpoint, c.point};
    std::vector<Item> items{agent_item(c.program)};
    items.front().self_test = c.program == "agent-1.1";
    items.front().tampered = c.wrong_digest;
    if (c.with_watchdog) items.push_back(watchdog_item("watchdog-1.1"));
    const std::string id = endpoint.offer(c.version, items);
    await(
        story, 30s, [&] { return killer.killed() != 0; }, [&] { return endpoint.logs(); });
    if (c.point.victim == Who::watchdog) endpoint.start_watchdog_only();

    const Outcome end = endpoint.end_of(id, 60s);
    INFO(endpoint.logs());
    if (c.ending)
        CHECK(name(end.ending) == name(*c.ending));
    else
        CHECK((end.ending == Ending::committed || end.ending == Ending::rolled_back));
    const std::string expected = end.ending == Ending::committed ? c.version : "1.0.0";
    CHECK(endpoint.installed_version() == expected);
    endpoint.await_session_of(expected);
    CHECK(endpoint.leftovers() == std::vector<std::string>{});
    CHECK(holds_within(10s, [&] { return endpoint.unconfirmed_outcomes().empty(); }));
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    std::cout << story << " -> " << name(end.ending) << " (" << name(end.reason) << "), " << expected
              << " runs, " << took.count() << " ms" << std::endl;
}

bool killer_works() {
    static const std::string why = Killer::why_not();
    if (!why.empty()) MESSAGE("skipped: ", why);
    return why.empty();
}

void play_all(const std::vector<Case>& cases) {
    if (!killer_works()) return;
    Server server;
    for (const Case& c : cases) play(server, c);
    MESSAGE(cases.size(), " kills, each at its point");
}

}  // namespace

TEST_CASE("the agent is killed in each state that it works in") {
    std::vector<Case> cases;
    for (const State state : {State::preflighting, State::downloading, State::staging, State::self_testing,
                              State::backing_up, State::handing_over})
        for (const At at : {At::entry, At::end}) cases.push_back(good(Who::agent, state, at));
    play_all(cases);
}

TEST_CASE("the agent is killed in each state of an update that it gives up") {
    std::vector<Case> cases;
    for (const State state : {State::discarding, State::abandoned})
        for (const At at : {At::entry, At::end}) {
            Case c = good(Who::agent, state, at);
            c.wrong_digest = true;
            c.ending = Ending::abandoned;
            cases.push_back(c);
        }
    play_all(cases);
}

TEST_CASE("the watchdog is killed in each state that it works or waits in") {
    std::vector<Case> cases;
    for (const State state :
         {State::verifying, State::stopping, State::swapping, State::starting, State::awaiting_ready,
          State::awaiting_ack, State::renewing_watchdog, State::cleaning_up, State::committed})
        for (const At at : {At::entry, At::end}) cases.push_back(good(Who::watchdog, state, at));
    play_all(cases);
}

TEST_CASE("the watchdog is killed in each state of the way back") {
    std::vector<Case> cases;
    for (const State state : {State::stopping_trial, State::restoring, State::restarting_old,
                              State::watching_old, State::rolled_back})
        for (const At at : {At::entry, At::end}) cases.push_back(bad(Who::watchdog, state, at));
    play_all(cases);
}

TEST_CASE("the agent is killed in each state that the watchdog works in") {
    std::vector<Case> cases;
    for (const State state : {State::verifying, State::awaiting_ready, State::awaiting_ack,
                              State::renewing_watchdog, State::cleaning_up, State::committed})
        cases.push_back({.point = {Who::watchdog, state, At::entry, Who::agent}});
    play_all(cases);
}

TEST_CASE("the helper is killed in each state that it works or waits in") {
    std::vector<Case> cases;
    for (const State state :
         {State::verifying, State::stopping, State::swapping, State::starting, State::awaiting_ready,
          State::awaiting_ack, State::renewing_watchdog, State::cleaning_up, State::committed})
        for (const At at : {At::entry, At::end}) cases.push_back(good(Who::helper, state, at));
    for (Case& c : cases) c.route = "self-update";
    play_all(cases);
}

TEST_CASE("the helper is killed in each state of the way back") {
    std::vector<Case> cases;
    for (const State state : {State::stopping_trial, State::restoring, State::restarting_old,
                              State::watching_old, State::rolled_back})
        for (const At at : {At::entry, At::end}) cases.push_back(bad(Who::helper, state, at));
    for (Case& c : cases) c.route = "self-update";
    play_all(cases);
}

TEST_CASE("the agent is killed in the states of the exit-code route") {
    std::vector<Case> cases;
    for (const State state : {State::self_swapping, State::exiting})
        for (const At at : {At::entry, At::end}) cases.push_back(good(Who::agent, state, at));
    for (Case& c : cases) c.route = "exit-code";
    play_all(cases);
}

TEST_CASE("the watchdog is killed in the states of the exit-code route, before an agent that needs it, too") {
    std::vector<Case> cases;
    for (const State state : {State::preflighting, State::handing_over, State::self_swapping})
        cases.push_back({.point = {Who::agent, state, At::entry, Who::watchdog}});
    for (const State state : {State::exiting, State::starting, State::awaiting_ready, State::awaiting_ack,
                              State::renewing_watchdog, State::cleaning_up})
        cases.push_back(good(Who::watchdog, state, At::entry));
    for (Case& c : cases) c.route = "exit-code";
    play_all(cases);
}

TEST_CASE("the watchdog is killed while it renews itself") {
    std::vector<Case> cases;
    for (const State state : {State::renewing_watchdog, State::cleaning_up, State::committed}) {
        Case c = good(Who::watchdog, state, At::entry);
        c.with_watchdog = true;
        cases.push_back(c);
    }
    play_all(cases);
}

TEST_CASE("the guardian is killed while the watchdog renews itself, and the watchdog while it is guarded") {
    std::vector<Case> cases;
    for (const Who victim : {Who::guardian, Who::watchdog}) {
        Case c{.point = {Who::watchdog, State::renewing_watchdog, At::end, victim}};
        c.with_watchdog = true;
        if (victim == Who::watchdog) c.ending.reset();  // its guardian and its supervisor race for the lock
        cases.push_back(c);
    }
    play_all(cases);
}

TEST_CASE("the old agent is killed while it proves itself after a roll-back") {
    Case c = bad(Who::watchdog, State::watching_old, At::entry);
    c.point.victim = Who::agent;
    play_all({c});
}

TEST_CASE("the watchdog is killed where the old version cannot be put back, and an agent runs") {
    if (!killer_works()) return;
    Server server;
    unsigned count = 0;
    for (const State state : {State::restoring, State::salvaging, State::needs_repair})
        for (const At at : {At::entry, At::end}) {
            const KillPoint point{Who::watchdog, state, at, Who::watchdog};
            const std::string story = "backup lost: " + describe(point);
            CAPTURE(story);
            Endpoint endpoint{server,
                              {{"routes", R"(["watchdog"])"}, {"trial.ready_timeout", R"("2s")"}},
                              "r" + std::to_string(++count)};
            endpoint.start_watchdog();
            const std::filesystem::path live = endpoint.install_root() / "bin";
            Killer thief{endpoint, {Who::watchdog, State::awaiting_ready, At::entry, Who::watchdog}, [&] {
                             for (const auto& entry : std::filesystem::directory_iterator{live})
                                 if (entry.is_directory()) std::filesystem::remove(entry.path() / "0.old");
                         }};
            Killer killer{endpoint, point};
            Item item = agent_item("agent-1.2-hangs");
            item.self_test = false;
            const std::string id = endpoint.offer("1.2.0", {item});
            await(
                story, 30s, [&] { return killer.killed() != 0; }, [&] { return endpoint.logs(); });
            endpoint.start_watchdog_only();
            const Outcome end = endpoint.filed_end_of(id);
            INFO(endpoint.logs());
            CHECK(name(end.ending) == name(Ending::needs_repair));
            CHECK(name(end.reason) == name(Reason::not_ready));
            CHECK(holds_within(10s, [&] { return endpoint.pid_of(Who::agent) > 0; }));
            std::cout << story << " -> " << name(end.ending) << " (" << name(end.reason) << "), an agent runs"
                      << std::endl;
        }
}

TEST_CASE("an agent that is asked to end while it downloads ends at once, and the next one goes on") {
    Server server;
    Endpoint endpoint{
        server, {{"routes", R"(["watchdog"])"}, {"transfer.rate_limit", R"("4MiB/s")"}}, "stopped"};
    endpoint.start_watchdog();
    const std::string id = endpoint.offer_agent("1.1.0", "agent-1.1");
    endpoint.await_state(State::downloading);
    const pid_t first = endpoint.pid_of(Endpoint::Who::agent);
    REQUIRE(first > 0);
    REQUIRE(::kill(first, SIGTERM) == 0);
    await(
        "the agent ends within two seconds", 2s,
        [&] { return endpoint.pid_of(Endpoint::Who::agent) != first; }, [&] { return endpoint.logs(); });
    const Outcome end = endpoint.end_of(id, 60s);
    INFO(endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK(endpoint.leftovers() == std::vector<std::string>{});
}
