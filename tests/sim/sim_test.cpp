// The promises hold, whatever fails, and whenever. docs/fault-model.md says what is played here.
#include <cstdlib>
#include <doctest/doctest.h>

#include <update/simulate.hpp>

using namespace update;

namespace {

/// The suite plays the same runs each time, so that it fails for a change and not by chance.
/// UPDATE_SIM_SEED=N, or `updatectl simulate --runs N --seed S`, plays others; what breaks is printed with
/// its seed.
std::uint64_t chosen_seed() {
    const char* const wanted = std::getenv("UPDATE_SIM_SEED");
    return wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 10);
}

SimulationReport play(const SimulationOptions& options) {
    const auto report = simulate(options);
    REQUIRE(report);
    MESSAGE(to_text(*report));
    return *report;
}

}  // namespace

/// Endings with their reasons that faults and bad versions have to lead to; rarer ones are only printed.
constexpr const char* marks[] = {"abandoned: cancelled",        "abandoned: corrupt",
                                 "abandoned: download-failed",  "abandoned: io-failed",
                                 "abandoned: no-route",         "abandoned: no-space",
                                 "abandoned: self-test-failed", "committed: none",
                                 "committed: unconfirmed",      "needs-repair: not-ready",
                                 "rolled-back: crashed",        "rolled-back: io-failed",
                                 "rolled-back: network",        "rolled-back: not-acknowledged",
                                 "rolled-back: not-ready",      "rolled-back: requested",
                                 "rolled-back: start-failed",   "rolled-back: watchdog-failed",
                                 "rolled-back: wrong-version"};

namespace {

void check_all_was_played(const SimulationReport& report) {
    CHECK(report.violations.empty());
    for (const auto& fired : report.faults_by_kind)
        CHECK_MESSAGE(fired.second > 0, fired.first << " never fired");
    for (const auto& reached : report.states_reached)
        CHECK_MESSAGE(reached.second > 0, reached.first << " was never reached");
    for (const std::string mark : marks)
        CHECK_MESSAGE(report.marks.contains(mark), mark << " never happened");
}

}  // namespace

TEST_CASE("under Linux rules no fault breaks a promise, and every fault and every state occurs") {
    SimulationOptions options;
    options.seed = chosen_seed();
    options.stride = 9;
    options.runs = 10'000;
    const SimulationReport report = play(options);
    CHECK(report.faults_by_kind.size() == 39);
    check_all_was_played(report);
}

TEST_CASE("under Windows rules no fault breaks a promise, and every fault and every state occurs") {
    SimulationOptions options;
    options.platform = SimulatedPlatform::windows_rules;
    options.seed = chosen_seed();
    options.stride = 15;
    options.runs = 5'000;
    const SimulationReport report = play(options);
    CHECK(report.faults_by_kind.size() == 38);  // hard links cannot be missing where there are none
    check_all_was_played(report);
}

TEST_CASE("settings with nobody who starts the agent again are found out") {
    SimulationOptions options;
    Settings settings;
    settings.install_root = "/opt/agent";
    settings.state_dir = "/var/lib/agent";
    settings.programs.front().path = "bin/agent";
    settings.routes = {Route::self_update};
    options.settings = settings;
    options.scenario = "self-update-good";
    options.runs = 0;
    options.stride = 5;
    const auto report = simulate(options);
    REQUIRE(report);
    CHECK_FALSE(report->cannot_keep.empty());
    CHECK_FALSE(report->violations.empty());
}

/// A set with a companion, which the watchdog runs beside the agent, and no way but the exit code.
TEST_CASE("by the exit code under the own watchdog no crash costs the update or starts two versions") {
    SimulationOptions options;
    Settings settings;
    settings.install_root = "/opt/agent";
    settings.state_dir = "/var/lib/agent";
    settings.watchdog_path = "bin/watchdog";
    settings.programs.front().path = "bin/agent";
    settings.programs.push_back({"tray", "bin/tray", {}});
    settings.routes = {Route::exit_code};
    options.settings = settings;
    options.runs = 0;
    options.stride = 3;
    for (const char* const scenario : {"exit-code-good", "exit-code-crashes"}) {
        options.scenario = scenario;
        CHECK(play(options).violations.empty());
    }
}

TEST_CASE("a seed tells the same story each time") {
    SimulationOptions options;
    options.seed = chosen_seed();
    const auto first = replay(options, std::nullopt), again = replay(options, std::nullopt);
    REQUIRE(first);
    REQUIRE(again);
    CHECK(first->scenario == again->scenario);
    CHECK(first->trail == again->trail);
    CHECK(first->trail.size() > 50);
}

namespace {

/// The number of the first point whose line has these words.
unsigned point_of(const std::vector<std::string>& trail, const std::string& words) {
    for (const std::string& line : trail)
        if (const auto hash = line.find('#'); line.find(words) != std::string::npos && hash != line.npos)
            return static_cast<unsigned>(std::strtoul(line.c_str() + hash + 1, nullptr, 10));
    return 0;
}

}  // namespace

TEST_CASE("the kept version comes back when an operator wants it, whatever crashes meanwhile") {
    SimulationOptions options;
    options.scenario = "keep-previous";
    options.seed = chosen_seed();
    const auto plain = replay(options, "");
    REQUIRE(plain);
    const unsigned committed = point_of(plain->trail, "remove /s/updates/u-1/plan.json");
    REQUIRE(committed > 0);
    const std::string wish = "roll-back-asked@" + std::to_string(committed) + ":0";
    const auto asked = replay(options, wish);
    REQUIRE(asked);
    CHECK(asked->promise.empty());
    const unsigned back = point_of(asked->trail, "write /s/outcomes/.back-1.json.tmp");
    REQUIRE(back > committed);
    for (const std::string fault : {"crash", "power-off"})
        for (unsigned at = committed + 1; at <= back; at += 2) {
            const auto told = replay(options, wish + " " + fault + "@" + std::to_string(at) + ":0");
            REQUIRE(told);
            CHECK_MESSAGE(told->promise.empty(), told->faults << ": " << told->what);
        }
}

TEST_CASE("a power cut while the previous version is put by costs neither it nor the agent") {
    SimulationOptions options;
    options.scenario = "keep-previous";
    for (std::uint64_t seed = 1; seed <= 8; ++seed)
        for (unsigned at = 255; at <= 285; at += 3) {
            options.seed = seed;
            const auto told = replay(options, "power-off@" + std::to_string(at) + ":0");
            REQUIRE(told);
            CHECK_MESSAGE(told->promise.empty(),
                          "seed " << seed << ", " << told->faults << ": " << told->what);
        }
}
