// `updatectl simulate`: nothing of this machine is touched.
#include <update/simulate.hpp>

#include "output.hpp"

namespace update::ctl {
namespace {

SimulationOptions wanted(const Options& options, const std::optional<Settings>& settings) {
    const SimulateWish& wish = options.simulate;
    SimulationOptions simulated;
    simulated.settings = settings;
    simulated.scenario = wish.scenario;
    simulated.runs = wish.runs.value_or(simulated.runs);
    simulated.seed = wish.seed.value_or(1);
    simulated.every_point = !wish.random_only;
    if (wish.platform == "windows") simulated.platform = SimulatedPlatform::windows_rules;
    return simulated;
}

int tell_one_run(const Options& options, const SimulationOptions& simulated) {
    const SimulateWish& wish = options.simulate;
    const auto told = replay(simulated, wish.faults);
    if (!told) return finish(options, {ControlExit::bad_invocation, told.error().message()});
    const bool kept = told->promise.empty() && told->cannot_keep.empty();
    const auto exit = static_cast<int>(kept ? ControlExit::ok : ControlExit::failed);
    if (options.json) {
        print(to_json(*told) + "\n");
        return exit;
    }
    std::string text = "scenario " + told->scenario + ", faults \"" + told->faults + "\"\n";
    for (const std::string& line : told->trail) text += line + "\n";
    text +=
        told->promise.empty() ? "no promise broken\n" : "BROKEN " + told->promise + ": " + told->what + "\n";
    for (const std::string& why : told->cannot_keep)
        text += "these settings cannot keep the promise: " + why + "\n";
    print(text);
    return exit;
}

}  // namespace

int simulate(const Options& options) {
    std::optional<Settings> settings;
    if (options.simulate.configured) {
        const auto loaded = load_settings(options.config);
        if (!loaded) return finish(options, {ControlExit::bad_invocation, loaded.error().message()});
        settings = *loaded;
    }
    const SimulationOptions simulated = wanted(options, settings);
    if (options.simulate.faults || (options.simulate.seed && !options.simulate.runs))
        return tell_one_run(options, simulated);
    const auto report = update::simulate(simulated);
    if (!report) return finish(options, {ControlExit::bad_invocation, report.error().message()});
    print(options.json ? to_json(*report) + "\n" : to_text(*report));
    return static_cast<int>(report->violations.empty() && report->cannot_keep.empty() ? ControlExit::ok
                                                                                      : ControlExit::failed);
}

}  // namespace update::ctl
