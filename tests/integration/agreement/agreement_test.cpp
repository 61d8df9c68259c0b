// The simulator is true: each of its scenarios that real programs can play ends there as it ends here.
// docs/agreement.md is the table that this prints (scripts/write_agreement).
#include <algorithm>
#include <cstdio>
#include <doctest/doctest.h>
#include <map>
#include <set>

#include "story.hpp"
#include "support/killer.hpp"

using namespace update;
using namespace update::test;

namespace {

using Who = Endpoint::Who;

const std::vector<std::pair<std::string, std::string>> conducts{
    {"good", "agent-1.1"},
    {"crashes", "agent-1.2-crashes"},
    {"crashes-late", "agent-1.2-crashes-late"},
    {"exits-clean", "agent-1.2-exits-0"},
    {"hangs", "agent-1.2-hangs"},
    {"wrong-version", "agent-1.2-wrong-version"},
    {"never-connects", "agent-1.2-never-connects"},
    {"unloadable", "agent-1.2-unloadable"},
    {"fails-self-test", "script-that-fails"},
    {"slow", "agent-1.2-slow"}};

std::vector<Story> by_route(const std::string& route) {
    std::vector<Story> stories;
    for (const auto& [conduct, version] : conducts) {
        stories.push_back({route + "-" + conduct, version});
        if (conduct == "slow") stories.back().settings = {{"trial.ready_timeout", R"("8s")"}};
    }
    return stories;
}

const std::vector<Story> under_other_settings{
    {"commit-on-ready", "agent-1.1", {}, {{"trial.commit_on", R"("ready")"}, {"routes", R"(["watchdog"])"}}},
    {"commit-on-ready-wrong-version",
     "agent-1.2-wrong-version",
     {},
     {{"trial.commit_on", R"("ready")"}, {"routes", R"(["watchdog"])"}}},
    {"keep-previous", "agent-1.1", {}, {{"policy.keep_previous", "1"}, {"routes", R"(["watchdog"])"}}},
    {"old-watchdog", "agent-1.1", {}, {{"routes", R"(["watchdog", "self-update"])"}}},
    {"watchdog-in-set-good", "agent-1.1"},
    {"watchdog-in-set-crashes", "agent-1.1"},
    {"companion-good", "agent-1.1"},
    {"companion-crashes", "agent-1.1"},
    {"updatectl-good", "agent-1.1", {}, {{"routes", R"(["self-update"])"}}},
    {"updatectl-hangs", "agent-1.2-hangs", {}, {{"routes", R"(["self-update"])"}}},
    {"watchdog-good", "agent-1.1", Blow{.kind = Blow::Kind::cancel, .state = State::self_testing}},
    {"self-update-good", "agent-1.1", Blow{.kind = Blow::Kind::cancel, .state = State::self_testing}}};
const Story with_an_old_server{"old-server", "agent-1.1", {}, {{"routes", R"(["watchdog"])"}}};

const std::map<std::string, std::string> not_played{
    {"outage-from-before",
     "the offer would have to come before the server goes; tests/integration/update/ack_test"},
    {"unaware-agent", "tests/integration/third-party/nginx_update"},
    {"watchdog-in-set-hangs",
     "needs a service manager that ends it (WatchdogSec); tests/integration/systemd"},
    {"former-watchdog-good",
     "no release came before this one; tests/unit/journal reads what one would have written"},
    {"former-watchdog-crashes", "likewise"},
    {"former-agent-watchdog-good", "likewise"},
    {"former-agent-watchdog-crashes", "likewise"},
    {"former-agent-self-update-good", "likewise"},
    {"former-agent-self-update-crashes", "likewise"},
    {"former-agent-exit-code-good", "likewise"},
    {"former-agent-exit-code-crashes", "likewise"},
    {"guarded-good", "needs a service manager that calls the guard; tests/integration/systemd/routes_test"},
    {"guarded-crashes", "likewise; tests/integration/systemd/trials_test"},
    {"services-watchdog-good", "needs a service manager; tests/integration/systemd/routes_test"},
    {"services-watchdog-crashes", "likewise; tests/integration/systemd/trials_test"},
    {"services-watchdog-exits-clean", "likewise; tests/integration/systemd/trials_test"},
    {"services-watchdog-hangs", "likewise; tests/integration/systemd/trials_test"},
    {"services-watchdog-unloadable", "likewise; tests/integration/systemd/trials_test"},
    {"services-self-update-good", "likewise; tests/integration/systemd/routes_test"},
    {"services-self-update-crashes", "likewise; tests/integration/systemd/trials_test"},
    {"start-limit-watchdog-good", "likewise; tests/integration/systemd/units_test"},
    {"start-limit-watchdog-unloadable", "likewise; tests/integration/systemd/trials_test"}};

Story killed(const std::string& scenario, const std::string& version, Who worker, State state, Who victim) {
    return {scenario, version, Blow{.state = state, .worker = worker, .victim = victim}};
}
Story killed(const std::string& scenario, const std::string& version, Who who, State state) {
    return killed(scenario, version, who, state, who);
}

const std::vector<Story> kills{
    killed("watchdog-good", "agent-1.1", Who::agent, State::downloading),
    killed("watchdog-good", "agent-1.1", Who::agent, State::handing_over),
    killed("watchdog-good", "agent-1.1", Who::watchdog, State::verifying),
    killed("watchdog-good", "agent-1.1", Who::watchdog, State::swapping),
    killed("watchdog-good", "agent-1.1", Who::watchdog, State::awaiting_ack),
    killed("watchdog-good", "agent-1.1", Who::watchdog, State::awaiting_ack, Who::agent),
    killed("watchdog-good", "agent-1.1", Who::watchdog, State::cleaning_up),
    killed("watchdog-hangs", "agent-1.2-hangs", Who::watchdog, State::restoring),
    killed("watchdog-hangs", "agent-1.2-hangs", Who::watchdog, State::watching_old),
    killed("self-update-good", "agent-1.1", Who::helper, State::swapping),
    killed("self-update-good", "agent-1.1", Who::helper, State::awaiting_ack),
    killed("exit-code-good", "agent-1.1", Who::agent, State::self_swapping),
    killed("exit-code-good", "agent-1.1", Who::agent, State::exiting)};

std::string text(const Ended& e) {
    return e.ending + (e.reason == "none" ? "" : ", " + e.reason) + ", by " + e.route + ", " + e.runs +
           " runs";
}

void check_agreement(Server& server, const std::vector<Story>& stories) {
    for (const Story& story : stories) {
        CAPTURE(describe(story));
        const Played real = played(server, story);
        const Ended told = simulated(story, real.settings);
        std::printf("| %s | %s | %s | %s |\n", describe(story).c_str(), text(told).c_str(),
                    text(real.ended).c_str(), told == real.ended ? "agree" : "**differ**");
        std::fflush(stdout);
        CHECK(text(told) == text(real.ended));
    }
}

}  // namespace

TEST_CASE("simulator and real programs agree by the watchdog route") {
    Server server;
    check_agreement(server, by_route("watchdog"));
}

TEST_CASE("simulator and real programs agree by the self-update route") {
    Server server;
    check_agreement(server, by_route("self-update"));
}

TEST_CASE("simulator and real programs agree by the exit-code route") {
    Server server;
    check_agreement(server, by_route("exit-code"));
}

TEST_CASE("simulator and real programs agree under other settings, servers and sets") {
    Server server, old_server{{"--older-protocol"}};
    check_agreement(server, under_other_settings);
    check_agreement(old_server, {with_an_old_server});
}

TEST_CASE("simulator and real programs agree after a kill of whoever works") {
    if (const std::string why = Killer::why_not(); !why.empty()) {
        MESSAGE("skipped: ", why);
        return;
    }
    Server server;
    check_agreement(server, kills);
}

TEST_CASE("every scenario of the simulator is played by real programs, or says why it is not") {
    std::set<std::string> covered{with_an_old_server.scenario};
    for (const std::string route : {"watchdog", "self-update", "exit-code"})
        for (const Story& story : by_route(route)) covered.insert(story.scenario);
    for (const Story& story : under_other_settings) covered.insert(story.scenario);
    for (const auto& [scenario, why] : not_played) covered.insert(scenario);
    std::set<std::string> all;
    for (const sim::Scenario& s : sim::scenarios(sim::Platform::linux_rules)) all.insert(s.name);
    CHECK(covered == all);
    for (const auto& [scenario, why] : not_played)
        std::printf("| %s | | | not played: %s |\n", scenario.c_str(), why.c_str());
}
