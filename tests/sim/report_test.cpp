// What people and CI are told of the simulator's runs.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <update/simulate.hpp>

using namespace update;

TEST_CASE("a broken promise is told with the whole command that replays it") {
    SimulationReport report;
    report.platform = SimulatedPlatform::windows_rules;
    report.config = "/etc/agent/update.toml";
    report.violations.push_back({"ends", "no end", "watchdog-good", 7, "crash@3:0", {}});
    CHECK(to_text(report).find("updatectl simulate --platform windows --config \"/etc/agent/update.toml\" "
                               "--scenario watchdog-good --seed 7 --faults \"crash@3:0\"") !=
          std::string::npos);
}

TEST_CASE("one run is one JSON object, with what its settings cannot keep") {
    SimulationOptions options;
    options.settings = Settings{};
    options.settings->install_root = "/i";
    options.settings->state_dir = "/s";
    options.settings->programs.front().path = "bin/agent";
    options.settings->routes = {Route::self_update};
    options.scenario = "self-update-good";
    const auto told = replay(options, "");
    REQUIRE(told);
    const auto json = nlohmann::json::parse(to_json(*told));
    for (const char* key : {"promise", "what", "scenario", "seed", "faults", "trail", "cannot_keep"})
        CHECK_MESSAGE(json.contains(key), key);
    CHECK(json["scenario"] == "self-update-good");
    CHECK(json["cannot_keep"].size() == 1);
}
