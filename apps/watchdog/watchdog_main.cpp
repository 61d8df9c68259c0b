#include "watchdog_main.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>

#include <update/exit_code.hpp>
#include <update/watchdog.hpp>

#include "alerts.hpp"
#include "os/safe_start.hpp"
#include "os/service_main.hpp"
#include "os/termination.hpp"

using update::AgentExit;

namespace {

int fail(AgentExit code, const std::string& message) {
    fmt::print(stderr, "watchdog: {}\n", message);
    return static_cast<int>(code);
}

void print(std::string_view line) {
    fmt::print(stderr, "watchdog: {}\n", line);
    std::fflush(stderr);
}

int run(int argc, char** argv, const std::string& version) {
    CLI::App app{"Supervises an agent and applies its updates."};
    std::string config;
    bool self_test = false;
    app.set_version_flag("--version", version);
    app.add_flag("--self-test", self_test,
                 "Print the version and end; run on a candidate before it is installed");
    app.add_option("--config", config, "Configuration file (TOML)");
    app.footer("Ends with 0 on SIGTERM, after it has stopped the programs that it supervises.");

    // A guardian has the arguments of the watchdog that it guards behind its own.
    const auto guarded = update::arguments_of_guarded(argc, argv);
    std::vector<std::string> arguments = guarded ? *guarded : std::vector<std::string>{argv + 1, argv + argc};
    try {
        app.parse(
            std::vector<std::string>{arguments.rbegin(), arguments.rend()});  // CLI11 takes them last first
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : static_cast<int>(AgentExit::bad_invocation);
    }
    if (self_test) return std::printf("%s\n", version.c_str()) > 0 ? 0 : 1;
    if (config.empty()) return fail(AgentExit::bad_invocation, "--config is missing; see --help");
    const auto settings = update::load_settings(config);
    if (!settings) return fail(AgentExit::bad_invocation, settings.error().message());
    if (guarded) return update::run_guardian(argc, argv, *settings);

    const update::TerminationBlock block;  // the alerts have threads, and the stop is the watchdog's business
    Alerts alerts{*settings, print};
    update::WatchdogOptions options;
    options.version = version;
    options.arguments = std::move(arguments);
    options.log = print;
    options.alert = [&alerts](std::string_view kind, std::string_view message) {
        alerts.post(kind, message);
    };
    const auto code = update::run_watchdog(*settings, std::move(options));
    if (!code) return fail(AgentExit::restart, code.error().message());
    return *code;
}

}  // namespace

int watchdog_main(int argc, char** argv, const std::string& version) {
    update::start_safely(argc, argv);
    return update::run_as_service(
        argc, argv, [&version](int count, char** words) { return run(count, words, version); },
        update::Children::outlive_it);
}
