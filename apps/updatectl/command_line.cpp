#include "command_line.hpp"

#include "repo.hpp"

namespace update::ctl {
namespace {

using Command = int (*)(const Options&);
enum class Changes : std::uint8_t { nothing, something };

/// Adds subcommands that share the options, and remembers which one was chosen.
class Commands {
 public:
    Commands(Options& options, std::function<int(const Options&)>& chosen)
        : options_{options}, chosen_{chosen} {}

    CLI::App* add(CLI::App& parent, const std::string& name, const std::string& what, Command command,
                  Changes changes, const std::string& examples) {
        CLI::App* app = parent.add_subcommand(name, what);
        app->add_option("--config", options_.config, "Configuration file")->capture_default_str();
        app->add_flag("--json", options_.json, "One JSON object per line instead of text");
        if (changes == Changes::something)
            app->add_flag("--dry-run", options_.dry_run, "Say what would happen, and change nothing");
        app->footer("Examples:\n" + examples);
        app->callback([this, command] { chosen_ = command; });
        return app;
    }

    void add_plan(CLI::App* app) {
        auto* version = app->add_option("--version", options_.plan.version,
                                        "The version to install (the newest that policy allows)");
        app->add_option("--channel", options_.plan.channel, "Of the signed releases (the endpoint's own)");
        auto* bundle = app->add_option("--bundle", options_.bundle,
                                       "A folder that `bundle export` made, instead of trust.repositories")
                           ->type_name("FOLDER");
        app->add_option("--from", options_.plan.from,
                        "The version that runs now, where it is not known here");
        auto* artifact =
            app->add_option("--artifact", options_.plan.artifacts,
                            "Instead of a signed release a local file: ROLE:INSTALL_PATH=FILE"
                            "[,sha256=HEX][,size=N][,self-test]; may be repeated. ROLE is agent, "
                            "companion, watchdog or file. Needs trust.mode = \"unsigned\"")
                ->needs(version)
                ->excludes(bundle);
        app->add_option("--plan", options_.plan.plan,
                        "A file with a plan (JSON) of local files, instead of --artifact")
            ->excludes(artifact)
            ->excludes(bundle);
    }

 private:
    Options& options_;
    std::function<int(const Options&)>& chosen_;
};

constexpr const char* epilog = R"(Examples:
  updatectl status
  updatectl apply --version 1.1.0
  updatectl doctor

Exit codes:
  0 done, or nothing to do            5 neither version could be proven to run
  1 the operation failed              6 no watchdog answered
  2 wrong command line or file        7 another update is in progress
  3 a rule forbids it, nothing done   8 doctor or check found something to mend
  4 rolled back, the old version runs)";

void add_looking(CLI::App& app, Commands& commands, Options& options) {
    commands.add(app, "status", "What runs, and the update in progress", status, Changes::nothing,
                 "  updatectl status\n  updatectl status --json");
    auto* lines = commands.add(app, "history", "What was done, step by step", history, Changes::nothing,
                               "  updatectl history --lines 20\n  updatectl history --update cli-1f");
    lines->add_option("--lines", options.lines, "At most so many, the newest")->capture_default_str();
    lines->add_option("--update", options.id, "Of this update only");
    commands.add(app, "explain", "Why it did or did not update, in words", explain, Changes::nothing,
                 "  updatectl explain");
    commands.add(app, "doctor", "Looks for what would keep an update from going well, and says the cure",
                 doctor, Changes::nothing, "  updatectl doctor\n  updatectl doctor --json");
}

void add_updating(CLI::App& app, Commands& commands, Options& options) {
    const std::string artifact = " --version 1.1.0 --artifact agent:bin/agent=./agent-1.1,self-test";
    commands.add_plan(commands.add(app, "check", "Would this update be applied now? Downloads nothing", check,
                                   Changes::nothing, "  updatectl check\n  updatectl check --version 1.1.0"));
    commands.add_plan(commands.add(app, "apply", "Updates now, and waits for the end", apply,
                                   Changes::something,
                                   "  updatectl apply\n  updatectl apply --version 1.1.0 --channel beta\n"
                                   "  updatectl apply --bundle /media/usb/agent\n  updatectl apply" +
                                       artifact + "\n  updatectl apply --plan plan.json"));
    commands.add(app, "rollback", "Back to the previous version", roll_back, Changes::something,
                 "  updatectl rollback --dry-run");
    commands
        .add(app, "cancel", "Cancels the update in progress", cancel, Changes::something,
             "  updatectl cancel\n  updatectl cancel cli-0123456789abcdef")
        ->add_option("id", options.id, "Of the update; default: the one in progress");
}

void add_quarantine(CLI::App& app, Commands& commands, Options& options) {
    CLI::App* quarantine = app.add_subcommand("quarantine", "Versions that are not tried again");
    quarantine->require_subcommand(1);
    commands.add(*quarantine, "list", "Which, why and until when", quarantine_list, Changes::nothing,
                 "  updatectl quarantine list");
    commands
        .add(*quarantine, "clear", "Allows a version again, with all its attempts", quarantine_clear,
             Changes::something, "  updatectl quarantine clear 1.2.0\n  updatectl quarantine clear")
        ->add_option("version", options.version, "Which; default: all");
}

void add_supervision(CLI::App& app, Commands& commands, Options& options) {
    commands
        .add(app, "hold", "Stops a program and keeps it stopped", hold, Changes::something,
             "  updatectl hold")
        ->add_option("program", options.program, "Which; default: the agent");
    commands.add(app, "release", "Ends what hold began", release, Changes::something, "  updatectl release")
        ->add_option("program", options.program, "Which; default: the agent");
    commands.add(app, "restart", "Restarts the agent", restart, Changes::something, "  updatectl restart");
    CLI::App* config = app.add_subcommand("config", "Settings of the running watchdog");
    config->require_subcommand(1);
    CLI::App* set =
        commands.add(*config, "set", "Changes them until its next start", config_set, Changes::something,
                     "  updatectl config set --enabled false\n  updatectl config set --interval 60\n"
                     "  updatectl config set --services postgresql,nginx --processes tray");
    set->add_option("--enabled", options.enabled, "true or false: may it restart programs?");
    set->add_option("--interval", options.interval_seconds, "Seconds between its checks, at least 5")
        ->check(CLI::Range(5, 86'400));
    const auto add_names = [set](const char* name, std::optional<std::vector<std::string>>& into,
                                 const char* help) {
        set->add_option_function<std::vector<std::string>>(
               name,
               [&into](const std::vector<std::string>& names) {
                   into = names == std::vector<std::string>{"none"} ? std::vector<std::string>{} : names;
               },
               help)
            ->delimiter(',')
            ->type_name("NAME,...");
    };
    add_names("--services", options.services, "Further services that it starts again; none: no more");
    add_names("--processes", options.processes, "Further processes whose end it tells; none: no more");
}

void add_service(CLI::App& app, Commands& commands, Options& options) {
    CLI::App* service = app.add_subcommand("service", "Agent and watchdog as units of the service manager");
    service->require_subcommand(1);
    commands.add(*service, "print", "The units as text", service_print, Changes::nothing,
                 "  updatectl service print");
    commands.add(*service, "install", "Writes, enables and starts them", service_install, Changes::something,
                 "  updatectl service install");
    commands.add(*service, "repair", "Makes the installed units do what an update needs", service_repair,
                 Changes::something, "  updatectl service repair --dry-run");
    CLI::App* remove = commands.add(*service, "remove", "Stops and removes what install wrote",
                                    service_remove, Changes::something, "  updatectl service remove");
    remove->add_flag(
        "--purge", options.purge,
        "Also state, staged and kept versions, key and configuration: the last step of an uninstall");
}

void add_simulate(CLI::App& app, Commands& commands, Options& options) {
    CLI::App* simulate = commands.add(
        app, "simulate", "Plays failing updates in a world in memory; nothing of this machine is touched",
        ctl::simulate, Changes::nothing,
        "  updatectl simulate\n  updatectl simulate --config update.toml --runs 100000 --platform windows\n"
        "  updatectl simulate --seed 42\n"
        "  updatectl simulate --scenario watchdog-good --faults \"power-off@120:0\"");
    SimulateWish& wish = options.simulate;
    simulate->add_option("--runs", wish.runs, "Random runs, after every crash point (20000)");
    simulate->add_option("--seed", wish.seed,
                         "Only this random run, told step by step; with --runs: the first one");
    simulate->add_option("--faults", wish.faults, "Only this run: \"crash@17:0 power-off@31:0\"");
    simulate->add_option("--scenario", wish.scenario, "Only this story; a wrong name lists them");
    simulate->add_option("--platform", wish.platform, "Whose rules: linux or windows")
        ->check(CLI::IsMember({"linux", "windows"}))
        ->capture_default_str();
    simulate->add_flag("--random-only", wish.random_only, "Without the faults at every point");
    simulate->parse_complete_callback(
        [simulate, &wish] { wish.configured = simulate->get_option("--config")->count() > 0; });
}

}  // namespace

void describe_command_line(CLI::App& app, Options& options, std::function<int(const Options&)>& command) {
    const auto commands = std::make_shared<Commands>(options, command);
    app.require_subcommand(1);
    app.footer(epilog);
    add_looking(app, *commands, options);
    add_updating(app, *commands, options);
    add_quarantine(app, *commands, options);
    add_supervision(app, *commands, options);
    add_service(app, *commands, options);
    describe_repo_commands(app, options, command);
    add_simulate(app, *commands, options);
    app.parse_complete_callback([commands] {});  // they live as long as the callbacks that refer to them
}

}  // namespace update::ctl
