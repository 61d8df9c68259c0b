// `updatectl simulate` as people and CI call it: what keeps the promise passes, what cannot is named.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/process.hpp"

using namespace update::test;

namespace {

struct Ran {
    int code = -1;
    std::string output;
    nlohmann::json json() const { return nlohmann::json::parse(output, nullptr, false); }
};

class Simulation {
 public:
    Ran run(const std::vector<std::string>& options) {
        std::vector<std::string> command{UPDATECTL, "simulate"};
        command.insert(command.end(), options.begin(), options.end());
        const auto log = scratch_.path() / ("output-" + std::to_string(++runs_));
        Process process{command, log};
        const auto code = process.wait();
        REQUIRE_MESSAGE(code, "it did not end");
        return {*code, read_file(log)};
    }
    /// A few random runs under these settings.
    Ran play(const std::string& config, const std::string& platform) {
        return run({"--config", config, "--platform", platform, "--random-only", "--runs", "60", "--json"});
    }
    /// @param top  keys before the first section. @param more  the sections
    std::string config(const std::string& top, const std::string& more) {
        const auto file = scratch_.path() / "update.toml";
        write_file(file, "install_root = \"/opt/agent\"\nstate_dir = \"/var/lib/agent-update\"\n" + top +
                             "\n[[programs]]\nname = \"agent\"\npath = \"bin/agent\"\n" + more + "\n");
        return file;
    }

 private:
    Scratch scratch_{"simulate"};
    int runs_ = 0;
};

struct Configured {
    const char *what, *top, *more;
};

constexpr const char* platforms[] = {"linux", "windows"};

constexpr Configured sound[] = {
    {"all routes", "", ""},
    {"a helper, and the watchdog after it", R"(routes = ["self-update", "watchdog"])", ""},
    {"the exit code first", R"(routes = ["exit-code", "self-update", "watchdog"]
restarted_on_failure = true)",
     ""},
    {"committed when ready", "", "[trial]\ncommit_on = \"ready\""},
    {"a probe by age", "", "[trial.probe]\nkind = \"process-age\""},
    {"a probe by tcp", "", "[trial.probe]\nkind = \"tcp\"\ntarget = \"127.0.0.1:22\""},
    {"a probe by http", "", "[trial.probe]\nkind = \"http\"\ntarget = \"http://127.0.0.1:8080/health\""},
    {"a probe by a command", "", "[trial.probe]\nkind = \"command\"\ncommand = [\"/usr/bin/true\"]"},
    {"a single start", "", "[trial]\nstarts_max = 1"},
    {"a short trial of many starts", "",
     "[trial]\nstarts_max = 10\nready_timeout = \"5s\"\nack_timeout = \"20s\""},
    {"a channel", "", "[policy]\nchannel = \"beta\"\nkeep_previous = 1\nattempts_per_version = 1"},
    {"no quarantine, a small budget", "",
     "[policy]\nquarantine_for = \"0s\"\n[supervision]\nbudget = 2\ninterval = \"5s\""},
    {"a window", "", "[policy]\nwindows = [\"sat 01:00-02:00\"]\nwindow_jitter = \"30min\""},
    {"held at its version", "", "[policy]\nhold = true\npin = \"1.0.0\""},
    {"a companion and the watchdog in the set", R"(watchdog_path = "bin/watchdog")",
     "[[programs]]\nname = \"tray\"\npath = \"bin/tray\""},
    {"units of systemd", "", "[service]\nmanager = \"systemd\""},
};

/// The SCM takes an end with 0 for one that was wanted.
constexpr Configured no_watchdog{"a service with a guard, and no watchdog",
                                 "routes = [\"exit-code\"]\nrestarted_on_failure = true",
                                 "[service]\nmanager = \"systemd\""};

constexpr Configured insufficient[] = {
    {"nobody starts the agent again", R"(routes = ["self-update"])", ""},
    {"nobody counts the starts", R"(routes = ["exit-code"]
restarted_on_failure = true)",
     ""},
    {"no route is open", R"(routes = ["exit-code"]
restarted_on_failure = true)",
     "[trial.probe]\nkind = \"process-age\""},
    {"nobody acknowledges", "",
     "[trial]\ncommit_on = \"acknowledged\"\n[trial.probe]\nkind = \"process-age\""},
};

}  // namespace

TEST_CASE("settings that keep the promise pass, under the rules of both platforms") {
    Simulation simulation;
    for (const Configured& given : sound)
        for (const std::string platform : platforms) {
            INFO(given.what << ", " << platform);
            const Ran ran = simulation.play(simulation.config(given.top, given.more), platform);
            INFO(ran.output);
            CHECK(ran.code == 0);
            const auto json = ran.json();
            REQUIRE(json.is_object());
            CHECK(json["violations"].empty());
            CHECK(json["cannot_keep"].empty());
            CHECK(json["runs"] == 60);
            CHECK(json["states_reached"]["backing-up"] > 0);  // it is more than refused
        }
}

TEST_CASE("a service with a guard and no watchdog keeps the promise under systemd, and not under the SCM") {
    Simulation simulation;
    const std::string config = simulation.config(no_watchdog.top, no_watchdog.more);
    const Ran linux_ran = simulation.play(config, "linux"), windows_ran = simulation.play(config, "windows");
    CHECK_MESSAGE(linux_ran.code == 0, linux_ran.output);
    CHECK(linux_ran.json()["cannot_keep"].empty());
    CHECK(windows_ran.code != 0);
    REQUIRE(windows_ran.json()["cannot_keep"].size() == 1);
    CHECK(windows_ran.json()["cannot_keep"][0].get<std::string>().find(
              "a helper or a guard that is killed") != std::string::npos);
}

TEST_CASE("the example configuration passes") {
    Simulation simulation;
    for (const std::string platform : platforms) {
        const Ran ran = simulation.play(EXAMPLE_FILE, platform);
        INFO(platform << ": " << ran.output);
        CHECK(ran.code == 0);
        CHECK(ran.json()["outcomes"]["committed"] > 0);
    }
}

TEST_CASE("settings that cannot keep the promise fail, and say why") {
    Simulation simulation;
    for (const Configured& given : insufficient)
        for (const std::string platform : platforms) {
            INFO(given.what << ", " << platform);
            const std::string config = simulation.config(given.top, given.more);
            const Ran ran = simulation.play(config, platform);
            INFO(ran.output);
            CHECK(ran.code == 1);
            CHECK(ran.json()["cannot_keep"].size() > 0);
            const Ran told = simulation.run({"--config", config, "--platform", platform, "--seed", "1"});
            CHECK(told.code == 1);
            CHECK(told.output.find("these settings cannot keep the promise") != std::string::npos);
        }
}

TEST_CASE("what decides only whether an update begins is set aside, and named") {
    Simulation simulation;
    const auto config =
        simulation.config("", "[policy]\nhold = true\npin = \"1.0.0\"\nwindows = [\"sat 01:00-02:00\"]");
    const auto json = simulation.play(config, "linux").json();
    CHECK(json["set_aside"] == nlohmann::json{"policy.hold", "policy.pin", "policy.windows"});
    const Ran text = simulation.run({"--config", config, "--random-only", "--runs", "1"});
    CHECK(text.output.find("policy.hold is not played") != std::string::npos);
}

TEST_CASE("the summary is one JSON object with every figure") {
    Simulation simulation;
    const auto json = simulation.run({"--random-only", "--runs", "30", "--seed", "7", "--json"}).json();
    REQUIRE(json.is_object());
    for (const char* key : {"runs", "crash_points", "power_offs", "faults_by_kind", "states_reached",
                            "outcomes", "violations", "worst_dark_time_ms", "seed"})
        CHECK_MESSAGE(json.contains(key), key);
    CHECK(json["runs"] == 30);
    CHECK(json["seed"] == 7);
    CHECK(json["faults_by_kind"].contains("power-off"));
    CHECK(json["states_reached"].contains("awaiting-ack"));
}

TEST_CASE("a seed is told again as the same readable story") {
    Simulation simulation;
    const Ran first = simulation.run({"--seed", "42"}), again = simulation.run({"--seed", "42"});
    INFO(first.output);
    CHECK(first.code == 0);
    CHECK(first.output == again.output);
    CHECK(first.output.find("scenario ") == 0);
    CHECK(first.output.find(" s  #") != std::string::npos);
    CHECK(first.output.find("engine     -> downloading") != std::string::npos);
    CHECK(first.output.find("no promise broken") != std::string::npos);
    const auto json = simulation.run({"--seed", "42", "--json"}).json();
    CHECK(json["seed"] == 42);
    CHECK(json["trail"].size() > 50);
}

TEST_CASE("one story with chosen faults is told") {
    Simulation simulation;
    const Ran ran = simulation.run({"--scenario", "watchdog-good", "--faults", "power-off@120:0"});
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK(ran.output.find("FAULT      power-off@120:0") != std::string::npos);
}

TEST_CASE("what cannot be understood is refused with what is wrong") {
    Simulation simulation;
    const Ran story = simulation.run({"--scenario", "no-such-story"});
    CHECK(story.code == 2);
    CHECK(story.output.find("watchdog-good") != std::string::npos);  // those that there are
    for (const char* faults : {"crash", "crash@", "crash@x", "boom@3:0", "crash@3:x"}) {
        const Ran ran = simulation.run({"--scenario", "watchdog-good", "--faults", faults});
        CHECK_MESSAGE(ran.code == 2, faults << ": " << ran.output);
    }
    CHECK(simulation.run({"--platform", "beos"}).code == 2);
    CHECK(simulation.run({"--runs", "many"}).code == 2);
    CHECK(simulation.run({"--config", "/no/such/update.toml"}).code == 2);
    const Ran key = simulation.run({"--config", simulation.config("no_such_key = 1", "")});
    CHECK(key.code == 2);
    CHECK(key.output.find("no_such_key") != std::string::npos);
    CHECK(simulation.run({"--config", simulation.config("routes = []", "")}).code == 2);
}
