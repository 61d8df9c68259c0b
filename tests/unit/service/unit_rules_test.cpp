#include "service/unit_rules.hpp"

#include <doctest/doctest.h>
#include <functional>

using namespace update;
using namespace std::chrono_literals;

namespace {

const Path guard = "/opt/a/.guard-a";

UnitRules good() {
    UnitRules r;
    r.restart = "always";
    r.kill_mode = "mixed";
    r.restart_delay = 2s;
    r.before_start = {guard.string()};
    return r;
}

UnitState enabled() {
    UnitState s;
    s.load = "loaded";
    s.file = "enabled";
    return s;
}

/// What of this unit would keep an agent down.
std::vector<std::string> wrong_with(const UnitRules& rules, const UnitState& state = enabled()) {
    std::vector<std::string> what;
    for (const Finding& finding : check_restart(state, rules, Settings{}, guard)) {
        CHECK(finding.ok == finding.cure.empty());
        if (!finding.ok) what.push_back(finding.what);
    }
    return what;
}

std::vector<std::string> wrong_when(const std::function<void(UnitRules&)>& change) {
    UnitRules rules = good();
    change(rules);
    return wrong_with(rules);
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a unit as it is generated passes") { CHECK(wrong_with(good()) == Words{}); }

TEST_CASE("each setting that would keep an agent down is found by its name") {
    CHECK(wrong_when([](UnitRules& r) { r.restart = "no"; }) == Words{"Restart=no"});
    CHECK(wrong_when([](UnitRules& r) { r.restart = "on-abnormal"; }) == Words{"Restart=on-abnormal"});
    CHECK(wrong_when([](UnitRules& r) { r.restart_delay = 60s; }) == Words{"RestartSec=60s"});
    CHECK(wrong_when([](UnitRules& r) {
              r.no_restart_codes = {2, 1};
          }) == Words{"RestartPreventExitStatus= has 1"});
    CHECK(wrong_when([](UnitRules& r) {
              r.restart = "on-failure";
              r.success_codes = {1};
          }) == Words{"SuccessExitStatus= has 1"});
    CHECK(wrong_when([](UnitRules& r) { r.kill_mode = "none"; }) == Words{"KillMode=none"});
    CHECK(wrong_when([](UnitRules& r) { r.before_start = {"/bin/other"}; }) ==
          Words{"nobody counts the starts (ExecStartPre=)"});
}

TEST_CASE("a guard that is called twice would end a trial too early") {
    CHECK(wrong_when([](UnitRules& r) {
              r.before_start = {guard.string(), guard.string()};
          }) == Words{"each start is counted 2 times (ExecStartPre=)"});
}

TEST_CASE("nobody has to count the starts of a program that knows nothing of libupdate") {
    Settings settings;
    settings.trial.probe.kind = Readiness::tcp;
    UnitRules rules = good();
    rules.before_start = {};
    for (const Finding& finding : check_restart(enabled(), rules, settings, guard))
        CHECK_MESSAGE(finding.ok, finding.what);
}

TEST_CASE("a start limit that a trial could reach is found, one that it cannot is fine") {
    const auto limit = [](unsigned burst, std::chrono::microseconds interval) {
        return wrong_when([&](UnitRules& r) {
            r.start_limit_burst = burst;
            r.start_limit_interval = interval;
        });
    };
    CHECK(limit(4, 300s) == Words{"StartLimitBurst=4 within 300 s, 5 are needed"});
    CHECK(limit(5, 300s).empty());  // the trial's three starts, the old version before and after
    CHECK(limit(3, 6s).empty());    // three starts, 2 s apart, take as long as the interval
    CHECK(limit(1, 0s).empty());    // systemd's way to say: no limit
}

TEST_CASE("a watchdog or companion that does not come back is found, and the cure names its unit") {
    const auto wrong = [](const UnitState& state, const std::function<void(UnitRules&)>& change) {
        UnitRules rules = good();
        rules.before_start = {};
        change(rules);
        Words found;
        for (const Finding& finding : check_return(state, rules, "acme-db.service")) {
            if (finding.ok) continue;
            CHECK_MESSAGE(finding.cure.find("acme-db.service") != std::string::npos, finding.cure);
            found.push_back(finding.what);
        }
        return found;
    };
    CHECK(wrong(enabled(), [](UnitRules&) {}).empty());
    CHECK(wrong(enabled(), [](UnitRules& r) { r.restart = "no"; }) == Words{"Restart=no"});
    CHECK(wrong(enabled(), [](UnitRules& r) { r.restart_delay = 60s; }) == Words{"RestartSec=60s"});
    UnitState state = enabled();
    state.file = "disabled";
    CHECK(wrong(state, [](UnitRules&) {}) == Words{"the unit is disabled"});
}

TEST_CASE("a disabled unit is an administrator's, so repair is not its cure") {
    UnitState state = enabled();
    state.file = "disabled";
    CHECK(wrong_with(good(), state) == Words{"the unit is disabled"});
    for (const Finding& finding : check_restart(state, good(), Settings{}, guard))
        if (!finding.ok) CHECK(finding.cure.starts_with("systemctl"));
}
