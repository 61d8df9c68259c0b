#include "service/unit_rules.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace update {
namespace {

using namespace std::chrono_literals;

constexpr auto restart_delay_max = 10s;      // what it was in the incident: 60 s
constexpr int restart_code = 1;              // AgentExit::restart
constexpr unsigned starts_beside_trial = 2;  // the old version before, and again after it
const char* const repair = "updatectl service repair";

double seconds(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1e6; }

Finding enabled(const UnitState& state, const std::string& unit = "it") {
    if (state.file == "disabled") return {false, "the unit is disabled", "systemctl enable " + unit};
    if (state.load == "masked") return {false, "the unit is masked", "systemctl unmask " + unit};
    return {true, "starts at boot: " + (state.file.empty() ? "unknown" : state.file), ""};
}

Finding restarts(const UnitRules& rules) {
    const bool ok = rules.restart == "on-failure" || rules.restart == "always";
    return {ok, "Restart=" + rules.restart, ok ? "" : repair};
}

Finding soon(const UnitRules& rules) {
    const bool ok = rules.restart_delay <= restart_delay_max;
    return {ok, fmt::format("RestartSec={}s", seconds(rules.restart_delay)), ok ? "" : repair};
}

Finding after_code_1(const UnitRules& rules) {
    const auto has = [](const std::vector<int>& codes) {
        return std::ranges::count(codes, restart_code) > 0;
    };
    if (has(rules.no_restart_codes)) return {false, "RestartPreventExitStatus= has 1", repair};
    if (has(rules.success_codes) && rules.restart != "always")
        return {false, "SuccessExitStatus= has 1", repair};
    return {true, "exit code 1 is a failure", ""};
}

/// Starts come no closer than the delay, so a short interval never sees enough of them.
Finding often_enough(const UnitRules& rules, unsigned starts_max) {
    const unsigned need = starts_max + starts_beside_trial;
    const bool unlimited = rules.start_limit_interval == 0us || rules.start_limit_burst == 0 ||
                           rules.restart_delay * rules.start_limit_burst >= rules.start_limit_interval;
    const bool ok = unlimited || rules.start_limit_burst >= need;
    const std::string what =
        unlimited ? "starts are not limited"
                  : fmt::format("StartLimitBurst={} within {} s, {} are needed", rules.start_limit_burst,
                                seconds(rules.start_limit_interval), need);
    return {ok, what, ok ? "" : repair};
}

Finding kills_all(const UnitRules& rules) {
    const bool ok = rules.kill_mode != "none";
    return {ok, "KillMode=" + rules.kill_mode, ok ? "" : repair};
}

/// A start that is counted twice ends a trial too early.
Finding counted(const UnitRules& rules, const Settings& settings, const Path& guard) {
    if (settings.trial.probe.kind != Readiness::reported)
        return {true, "starts are counted by whoever applies an update", ""};
    const auto times = std::ranges::count(rules.before_start, guard.string());
    if (times == 1) return {true, "starts are counted before the program runs", ""};
    if (times == 0) return {false, "nobody counts the starts (ExecStartPre=)", repair};
    return {false, fmt::format("each start is counted {} times (ExecStartPre=)", times), repair};
}

}  // namespace

std::vector<Finding> check_restart(const UnitState& state, const UnitRules& rules, const Settings& settings,
                                   const Path& guard) {
    return {enabled(state),
            restarts(rules),
            soon(rules),
            after_code_1(rules),
            often_enough(rules, settings.trial.starts_max),
            kills_all(rules),
            counted(rules, settings, guard)};
}

std::vector<Finding> check_return(const UnitState& state, const UnitRules& rules, const std::string& unit) {
    std::vector<Finding> findings{enabled(state, unit), restarts(rules), soon(rules)};
    for (Finding& finding : findings)
        if (finding.cure == repair)
            finding.cure = fmt::format("take it out of the drop-in that systemctl cat {} shows", unit);
    return findings;
}

}  // namespace update
