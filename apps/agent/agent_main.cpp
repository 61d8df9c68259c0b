#include "agent_main.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include <update/updater.hpp>

#include "agent.hpp"
#include "os/safe_start.hpp"
#include "os/service_main.hpp"

using update::AgentExit;

namespace {

int fail(AgentExit code, const std::string& message) {
    std::fprintf(stderr, "agent: %s\n", message.c_str());
    return static_cast<int>(code);
}

int run(int argc, char** argv, const AgentVersion& version) {
    CLI::App app{"Reference agent: a session to the control server, updated by libupdate."};
    std::string config, helped_update;
    bool self_test = false, guarded = false;
    app.set_version_flag("--version", version.version);
    app.add_flag("--self-test", self_test,
                 "Print the version and end; run on a candidate before it is installed");
    app.add_option("--config", config, "Configuration file (TOML)");
    app.add_option("--update-helper", helped_update,
                   "Work as helper for this update (started by the agent itself)");
    app.add_flag("--update-guard", guarded,
                 "Count this start of a version on trial (called by the service manager)");
    app.add_flag("--update-rescue", guarded, "Put the old version back (called by the service manager)");
    app.footer(
        "Exit codes: 0 stopped or taken over, 1 start me again, 2 wrong command line or configuration.");
    CLI11_PARSE(app, argc, argv);

    if (self_test) return std::printf("%s\n", version.version.c_str()) > 0 ? 0 : 1;
    if (config.empty()) return fail(AgentExit::bad_invocation, "--config is missing; see --help");
    auto settings = update::load_settings(config);
    if (!settings) return fail(AgentExit::bad_invocation, settings.error().message());
    if (const auto code = update::Updater::run_as_helper(argc, argv, *settings)) return *code;

    if (version.instead) return version.instead();
    if (!version.server_url.empty()) settings->server_url = version.server_url;
    auto agent = Agent::open(*settings, version.reported.empty() ? version.version : version.reported);
    if (!agent) return fail(AgentExit::restart, agent.error().message());
    return static_cast<int>((*agent)->run());
}

}  // namespace

int agent_main(int argc, char** argv, const AgentVersion& version) {
    update::start_safely(argc, argv);
    return update::run_as_service(argc, argv,
                                  [&version](int count, char** words) { return run(count, words, version); });
}
