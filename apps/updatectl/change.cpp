// Commands that change something beside an update.
#include "compose/control_changes.hpp"
#include "output.hpp"
#include "render_findings.hpp"

namespace update::ctl {
namespace {

Really really(const Options& options) { return options.dry_run ? Really::only_say : Really::yes; }

template <class Change>
int change(const Options& options, Change&& change) {
    int code = 0;
    const auto control = open_readable_endpoint(options, code);
    return control ? finish(options, change(*control)) : code;
}

}  // namespace

int cancel(const Options& options) {
    return change(options, [&](Control& c) { return cancel_update(c, options.id, really(options)); });
}

int quarantine_list(const Options& options) {
    int code = 0;
    const auto control = open_readable_endpoint(options, code);
    if (!control) return code;
    const PolicyMemory memory = policy_memory(*control);
    std::vector<QuarantineRow> bad;
    for (const Quarantined& entry : memory.quarantine)
        bad.push_back({entry.version, entry.reason, entry.message, entry.until_unix_ms});
    std::vector<AttemptsRow> tried;
    for (const Attempts& entry : memory.attempts)
        tried.push_back({entry.version, entry.count, control->settings().policy.attempts_per_version});
    print(options.json ? quarantine_json(bad, tried) : quarantine_text(bad, tried));
    return 0;
}

int quarantine_clear(const Options& options) {
    return change(options, [&](Control& c) { return clear_quarantine(c, options.version, really(options)); });
}

int hold(const Options& options) {
    return change(options, [&](Control& c) { return hold_program(c, options.program, really(options)); });
}

int release(const Options& options) {
    return change(options, [&](Control& c) { return release_program(c, options.program, really(options)); });
}

int restart(const Options& options) {
    return change(options, [&](Control& c) { return restart_agent(c, really(options)); });
}

int config_set(const Options& options) {
    ipc::UpdateConfig config;
    config.enabled = options.enabled;
    config.interval_seconds = options.interval_seconds;
    config.services = options.services;
    config.processes = options.processes;
    if (config == ipc::UpdateConfig{})
        return finish(options, {ControlExit::bad_invocation,
                                "nothing to set; give --enabled, --interval, --services or --processes"});
    return change(options, [&](Control& c) { return configure_watchdog(c, config, really(options)); });
}

}  // namespace update::ctl
