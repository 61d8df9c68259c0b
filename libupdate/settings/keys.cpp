#include "settings/keys.hpp"

#include <array>
#include <set>

#include "settings/values.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using Node = const toml::node&;

constexpr Words<Readiness, 5> readiness_words{{{"reported", Readiness::reported},
                                               {"process-age", Readiness::process_age},
                                               {"tcp", Readiness::tcp},
                                               {"http", Readiness::http},
                                               {"command", Readiness::command}}};
constexpr Words<CommitOn, 2> commit_words{
    {{"acknowledged", CommitOn::acknowledged}, {"ready", CommitOn::ready}}};

constexpr Words<Manager, 3> manager_words{
    {{"none", Manager::none}, {"systemd", Manager::systemd}, {"scm", Manager::scm}}};

Check read_routes(Node node, std::vector<Route>& into) {
    const Problem shape{"is not a list of different routes",
                        R"(write some of ["watchdog", "self-update", "exit-code"] in the order of trying)"};
    std::vector<std::string> words;
    if (read_texts(node, words, 3)) return shape;
    std::vector<Route> routes;
    for (const std::string& word : words) {
        const auto route = route_named(word);
        if (!route || *route == Route::none) return shape;
        routes.push_back(*route);
    }
    if (routes.empty() || std::set<Route>(routes.begin(), routes.end()).size() != routes.size()) return shape;
    into = std::move(routes);
    return std::nullopt;
}

Check read_ca_file(Node node, std::string& into) {
    std::filesystem::path path;
    if (auto problem = read_absolute_path(node, path, Empty::allowed)) return problem;
    into = path.string();
    return std::nullopt;
}

// clang-format off
constexpr auto keys = std::to_array<Key<Settings>>({
    {"product",                   [](Node n, Settings& s) { return read_name(n, s.product, Empty::refused); }},
    {"install_root",              [](Node n, Settings& s) { return read_absolute_path(n, s.install_root, Empty::refused); }},
    {"state_dir",                 [](Node n, Settings& s) { return read_absolute_path(n, s.state_dir, Empty::refused); }},
    {"runtime_dir",               [](Node n, Settings& s) { return read_absolute_path(n, s.runtime_dir, Empty::allowed); }},
    {"watchdog_path",             [](Node n, Settings& s) { return read_install_path(n, s.watchdog_path, Empty::allowed); }},
    {"routes",                    [](Node n, Settings& s) { return read_routes(n, s.routes); }},
    {"restarted_on_failure",      [](Node n, Settings& s) { return read_flag(n, s.restarted_on_failure); }},
    {"server_url",                [](Node n, Settings& s) { return read_text(n, s.server_url); }},
    {"agent_id",                  [](Node n, Settings& s) { return read_name(n, s.agent_id, Empty::allowed); }},
    {"key_file",                  [](Node n, Settings& s) { return read_absolute_path(n, s.key_file, Empty::allowed); }},

    {"transfer.allow_http",       [](Node n, Settings& s) { return read_flag(n, s.transfer.allow_http); }},
    {"transfer.ca_file",          [](Node n, Settings& s) { return read_ca_file(n, s.transfer.ca_file); }},
    {"transfer.proxy",            [](Node n, Settings& s) { return read_text(n, s.transfer.proxy); }},
    {"transfer.rate_limit",       [](Node n, Settings& s) { return read_rate(n, s.transfer.rate_limit_bytes_per_s); }},
    {"transfer.connect_timeout",  [](Node n, Settings& s) { return read_duration(n, s.transfer.connect_timeout, 10ms, 10min); }},
    {"transfer.stall_timeout",    [](Node n, Settings& s) { return read_duration(n, s.transfer.stall_timeout, 10ms, 1h); }},
    {"transfer.total_timeout",    [](Node n, Settings& s) { return read_duration(n, s.transfer.total_timeout, 10ms, 24h * 30); }},
    {"transfer.attempts",         [](Node n, Settings& s) { return read_count(n, s.transfer.attempts, 1, 1000); }},
    {"transfer.backoff_first",    [](Node n, Settings& s) { return read_duration(n, s.transfer.backoff_first, 1ms, 1h); }},
    {"transfer.backoff_max",      [](Node n, Settings& s) { return read_duration(n, s.transfer.backoff_max, 1ms, 24h); }},

    {"trial.ready_timeout",       [](Node n, Settings& s) { return read_duration(n, s.trial.ready_timeout, 10ms, 24h); }},
    {"trial.ack_timeout",         [](Node n, Settings& s) { return read_duration(n, s.trial.ack_timeout, 10ms, 24h * 7); }},
    {"trial.self_test_timeout",   [](Node n, Settings& s) { return read_duration(n, s.trial.self_test_timeout, 10ms, 1h); }},
    {"trial.renew_timeout",       [](Node n, Settings& s) { return read_duration(n, s.trial.renew_timeout, 10ms, 1h); }},
    {"trial.starts_max",          [](Node n, Settings& s) { return read_count(n, s.trial.starts_max, 1, 100); }},
    {"trial.commit_on",           [](Node n, Settings& s) { return read_word(n, s.trial.commit_on, commit_words); }},
    {"trial.probe.kind",          [](Node n, Settings& s) { return read_word(n, s.trial.probe.kind, readiness_words); }},
    {"trial.probe.target",        [](Node n, Settings& s) { return read_text(n, s.trial.probe.target); }},
    {"trial.probe.command",       [](Node n, Settings& s) { return read_texts(n, s.trial.probe.command, 64); }},
    {"trial.probe.age",           [](Node n, Settings& s) { return read_duration(n, s.trial.probe.age, 1ms, 24h); }},
    {"trial.probe.interval",      [](Node n, Settings& s) { return read_duration(n, s.trial.probe.interval, 10ms, 1h); }},

    {"policy.attempts_per_version", [](Node n, Settings& s) { return read_count(n, s.policy.attempts_per_version, 1, 1000); }},
    {"policy.quarantine_for",     [](Node n, Settings& s) { return read_hours(n, s.policy.quarantine_for, 24h * 365); }},
    {"policy.allow_downgrade",    [](Node n, Settings& s) { return read_flag(n, s.policy.allow_downgrade); }},
    {"policy.keep_previous",      [](Node n, Settings& s) { return read_count(n, s.policy.keep_previous, 0, 1); }},

    {"supervision.backoff_first", [](Node n, Settings& s) { return read_duration(n, s.supervision.backoff_first, 1ms, 1h); }},
    {"supervision.backoff_max",   [](Node n, Settings& s) { return read_duration(n, s.supervision.backoff_max, 1ms, 24h); }},
    {"supervision.budget",        [](Node n, Settings& s) { return read_count(n, s.supervision.budget, 1, 10'000); }},
    {"supervision.budget_window", [](Node n, Settings& s) { return read_duration(n, s.supervision.budget_window, 10ms, 24h * 7); }},
    {"supervision.interval",      [](Node n, Settings& s) { return read_duration(n, s.supervision.interval, 5s, 24h); }},

    {"service.manager",           [](Node n, Settings& s) { return read_word(n, s.service.manager, manager_words); }},
    {"service.watchdog_unit",     [](Node n, Settings& s) { return read_name(n, s.service.watchdog_unit, Empty::allowed); }},
    {"service.unit_dir",          [](Node n, Settings& s) { return read_absolute_path(n, s.service.unit_dir, Empty::refused); }},
    {"service.restart_delay",     [](Node n, Settings& s) { return read_duration(n, s.service.restart_delay, 0ms, 10s); }},
    {"service.watchdog_timeout",  [](Node n, Settings& s) { return read_duration(n, s.service.watchdog_timeout, 0ms, 1h); }},
    {"service.hardened",          [](Node n, Settings& s) { return read_flag(n, s.service.hardened); }},
});

constexpr auto keys_of_program = std::to_array<Key<ProgramSettings>>({
    {"name",         [](Node n, ProgramSettings& p) { return read_name(n, p.name, Empty::refused); }},
    {"path",         [](Node n, ProgramSettings& p) { return read_install_path(n, p.path, Empty::refused); }},
    {"arguments",    [](Node n, ProgramSettings& p) { return read_texts(n, p.arguments, 256); }},
    {"stop_timeout", [](Node n, ProgramSettings& p) { return read_duration(n, p.stop_timeout, 10ms, 1h); }},
    {"unit",         [](Node n, ProgramSettings& p) { return read_name(n, p.unit, Empty::allowed); }},
});
// clang-format on

}  // namespace

std::span<const Key<Settings>> setting_keys() { return keys; }
std::span<const Key<ProgramSettings>> program_keys() { return keys_of_program; }

}  // namespace update
