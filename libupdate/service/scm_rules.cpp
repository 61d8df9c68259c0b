#include "service/scm_rules.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "service/scm_command_line.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using Kind = FailureAction::Kind;

constexpr auto restart_delay_max = 10s;  // what it was in the incident: 60 s
const char* const repair = "updatectl service repair";

/// The actions that follow each other while one failure comes after the other; the last one for ever.
bool brings_it_back(const Recovery& recovery) {
    return !recovery.actions.empty() &&
           std::ranges::all_of(recovery.actions, [&](const FailureAction& action) {
               return action.kind == Kind::restart ||
                      (action.kind == Kind::run_command && !recovery.command.empty());
           });
}

bool is_soon(const Recovery& recovery) {
    return std::ranges::all_of(recovery.actions,
                               [](const FailureAction& action) { return action.delay <= restart_delay_max; });
}

bool is_guarded(const Recovery& recovery, const ScmService& wanted) {
    if (wanted.recovery.command.empty()) return true;
    return !recovery.actions.empty() && recovery.actions.back().kind == Kind::run_command &&
           same_command(recovery.command, wanted.recovery.command);
}

Finding starts_at_boot(const ScmConfig& config, const ScmService& wanted) {
    const std::string cure = fmt::format("sc.exe config {} start= delayed-auto", wanted.name);
    switch (config.start) {
        case StartType::automatic:
            return {true, "starts at boot", ""};
        case StartType::manual:
            return {false, "the service is not started at boot (manual)", cure};
        case StartType::disabled:
            return {false, "the service is disabled", cure};
        case StartType::other:
            break;
    }
    return {false, "the service has a start type that only drivers have", cure};
}

Finding quoted_image(const ScmConfig& config) {
    if (!is_ambiguous(config.command_line)) return {true, "its program is named without ambiguity", ""};
    return {false, fmt::format("{} is not quoted: another program could be started", config.command_line),
            repair};
}

Finding wanted_image(const ScmConfig& config, const ScmService& wanted) {
    const bool ok = same_command(config.command_line, wanted.command_line);
    return {ok, ok ? "its command line is ours" : fmt::format("it runs {}", config.command_line),
            ok ? "" : repair};
}

Finding closed_to_others(const ScmConfig& config) {
    if (!config.dacl) return {false, "who may change the service cannot be read", "run as administrator"};
    std::string who;
    for (const std::string& stranger : strangers_in(*config.dacl))
        who += (who.empty() ? "" : ", ") + stranger;
    if (who.empty()) return {true, "only administrators may change it", ""};
    return {false, fmt::format("{} may change the service", who), repair};
}

void recovery_findings(const Recovery& recovery, const ScmService& wanted, std::vector<Finding>& findings) {
    const auto add = [&](bool ok, const char* good, const char* bad) {
        findings.push_back({ok, ok ? good : bad, ok ? "" : repair});
    };
    add(brings_it_back(recovery), "is started again after each failure",
        "is not started again after each failure (recovery actions)");
    add(is_soon(recovery), "within 10 s", "is started again later than after 10 s");
    add(recovery.after_exit_codes, "exit code 1 is a failure",
        "exit code 1 is no failure (failure actions flag)");
    if (wanted.recovery.command.empty()) return;
    add(is_guarded(recovery, wanted), "starts of a new version are counted by the guard",
        "nobody counts the starts (recovery command)");
}

}  // namespace

std::vector<Finding> check_recovery(const ScmConfig& config, const ScmService& wanted,
                                    const Settings& settings) {
    std::vector<Finding> findings{starts_at_boot(config, wanted), quoted_image(config),
                                  wanted_image(config, wanted), closed_to_others(config)};
    if (config.recovery)
        recovery_findings(*config.recovery, wanted, findings);
    else if (settings.restarted_on_failure)
        findings.push_back(
            {true, "this service manager has no recovery; another supervisor restarts (configured)", ""});
    else
        findings.push_back({false, "this service manager has no recovery: nobody starts the service again",
                            "set restarted_on_failure where another supervisor does it"});
    return findings;
}

ScmChanges changes_for(const ScmConfig& config, const ScmService& wanted, MadeBy by) {
    ScmChanges changes;
    const bool ours = by == MadeBy::us;
    changes.command_line =
        ours ? config.command_line != wanted.command_line : is_ambiguous(config.command_line);
    changes.names =
        ours && (config.display_name != wanted.display_name || config.description != wanted.description);
    changes.delayed = ours && config.start == StartType::automatic &&
                      config.delayed.value_or(wanted.delayed) != wanted.delayed;
    if (config.recovery && ours) changes.recovery = *config.recovery != wanted.recovery;
    if (config.recovery && !ours)
        changes.recovery = !brings_it_back(*config.recovery) || !is_soon(*config.recovery) ||
                           !config.recovery->after_exit_codes || !is_guarded(*config.recovery, wanted);
    changes.dacl = config.dacl && !strangers_in(*config.dacl).empty();
    return changes;
}

bool is_ours(const ScmConfig& config, const Settings& settings) {
    const auto words = words_of_command_line(without_ambiguity(config.command_line));
    if (words.empty()) return false;
    std::string root = settings.install_root.string();
    while (!root.empty() && (root.back() == '/' || root.back() == '\\')) root.pop_back();
    const std::string& program = words.front();
    return program.size() > root.size() &&
           same_program(std::string_view{program}.substr(0, root.size()), root) &&
           (program[root.size()] == '\\' || program[root.size()] == '/');
}

}  // namespace update
