#include "compose/control_changes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "compose/applier.hpp"
#include "compose/cancel_request.hpp"
#include "compose/watchdog_renewal.hpp"
#include "durable/durable.hpp"
#include "journal/policy_file.hpp"
#include "os/service_manager.hpp"
#include "policy/version.hpp"

namespace update {
namespace {

Said ok(std::string message) { return {ControlExit::ok, std::move(message)}; }

const ProgramSettings* find_program(Control& control, const std::string& name) {
    const auto& programs = control.settings().programs;
    if (name.empty()) return &programs.front();
    const auto found = std::ranges::find(programs, name, &ProgramSettings::name);
    return found == programs.end() ? nullptr : &*found;
}

Said no_such_program(Control& control, const std::string& name) {
    std::string known;
    for (const ProgramSettings& program : control.settings().programs) known += " " + program.name;
    return {ControlExit::refused, fmt::format("no program is called {}; there are:{}", name, known)};
}

/// The one who began the update is gone: this process discards it.
Status end_here(const Settings& settings) {
    UPDATE_TRY(applier, Applier::make(settings, "updatectl"), "cancel");
    UPDATE_CHECK(applier->open_desk(), "cancel");  // the old version says here that it is ready again
    RemoteRenewal renewal{applier->adapters(), applier->channel()};
    const Ports ports = applier->adapters().ports(applier->services(), applier->channel(), renewal);
    Engine engine{applier->adapters().settings(),
                  applier->adapters().layout(),
                  ports,
                  applier->adapters().machine(),
                  Actor::operator_,
                  {}};
    auto halt = engine.resume(Entry::hand_over);
    if (!halt) return Error{halt.error()};
    return done();
}

/// Wakes the watchdog, so that it looks at its programs now instead of at its next check.
void wake_watchdog(Control& control) {
    ipc::Request request;
    request.type = ipc::Type::update_config;
    (void)control.ask_watchdog(request);
}

/// There the manager's own commands are the administrator's, and it would start a held program at boot.
std::optional<Said> use_the_manager(Control& control, const ProgramSettings& program,
                                    service_manager::Wish wish) {
    if (control.settings().service.manager == Manager::none) return std::nullopt;
    return Said{ControlExit::refused,
                fmt::format("{} is a service: {}", program.name,
                            service_manager::command_for(wish, control.settings(), program))};
}

}  // namespace

Said cancel_update(Control& control, const std::string& update_id, Really really) {
    const auto open = control.open_update();
    if (!open && update_id.empty()) return ok("no update is in progress, nothing to cancel");
    if (!open || (!update_id.empty() && open->update_id != update_id))
        return {ControlExit::refused,
                fmt::format("update {} is not in progress; updatectl status shows what is", update_id)};
    const std::string what = fmt::format("update {} ({} -> {}, {})", open->update_id, open->from_version,
                                         open->to_version, row(open->progress.state).name);
    if (really == Really::only_say) {
        const Status possible = cancellable(open, open->update_id);
        return possible ? ok("would cancel " + what) : said(possible.error());
    }
    if (auto wished = wish_cancelled(control.adapters().files(), control.layout(), open, open->update_id);
        !wished)
        return said(wished.error());
    ipc::Request request;
    request.type = ipc::Type::cancel;
    request.update_id = open->update_id;
    (void)control.ask_watchdog(request);  // it may sleep; whoever else works looks at the file
    if (!control.somebody_works())
        if (auto ended = end_here(control.settings()); !ended) return said(ended.error());
    return ok("cancelling " + what);
}

PolicyMemory policy_memory(Control& control) {
    return settled(load_policy_memory(control.adapters().files(), control.layout()).value_or(PolicyMemory{}),
                   control.settings().policy, control.adapters().clock().wall());
}

Said clear_quarantine(Control& control, const std::string& version, Really really) {
    if (auto readable = load_policy_memory(control.adapters().files(), control.layout()); !readable)
        return said(readable.error());
    PolicyMemory memory = policy_memory(control);
    std::set<std::string> known;
    for (const Quarantined& entry : memory.quarantine) known.insert(entry.version);
    for (const Attempts& entry : memory.attempts) known.insert(entry.version);
    if (!version.empty() && !known.contains(normalised(version)))
        return {ControlExit::refused,
                fmt::format("version {} is not remembered; updatectl quarantine list shows those that are",
                            version)};
    if (!version.empty()) known = {normalised(version)};
    if (known.empty()) return ok("the quarantine is empty");
    const std::string names = fmt::format("{}", fmt::join(known, ", "));
    if (really == Really::only_say) return ok("would forget " + names);
    const auto lock = control.adapters().locks().try_lock(control.layout().journal_lock());
    if (!lock) return said(Error{lock.error()}.in("clear quarantine"));
    for (const std::string& name : known) memory = cleared(std::move(memory), name);
    auto stored = store_policy_memory(control.adapters().files(), control.layout(), memory);
    return stored ? ok("forgotten: " + names) : said(stored.error());
}

Said hold_program(Control& control, const std::string& name, Really really) {
    const ProgramSettings* program = find_program(control, name);
    if (program == nullptr) return no_such_program(control, name);
    if (auto refused = use_the_manager(control, *program, service_manager::Wish::stand_still))
        return *refused;
    if (control.open_update())
        return {ControlExit::in_progress, "an update is in progress; wait for its end, or updatectl cancel"};
    if (really == Really::only_say)
        return ok(fmt::format("would stop {} and keep it stopped", program->name));
    Files& files = control.adapters().files();
    for (const Path& folder : {control.layout().state_dir(), control.layout().run()})
        if (auto made = files.make_private_directory(folder); !made) return said(made.error());
    if (auto written = write_durably(files, control.layout().held_file(program->name), "updatectl hold\n");
        !written)
        return said(written.error());
    if (auto stopped = control.services().stop(program->name); !stopped) return said(stopped.error());
    return ok(
        fmt::format("{} is stopped, and held until updatectl release {}", program->name, program->name));
}

Said release_program(Control& control, const std::string& name, Really really) {
    const ProgramSettings* program = find_program(control, name);
    if (program == nullptr) return no_such_program(control, name);
    if (auto refused = use_the_manager(control, *program, service_manager::Wish::run)) return *refused;
    Files& files = control.adapters().files();
    const Path held = control.layout().held_file(program->name);
    if (!exists(files, held).value_or(true)) return ok(program->name + " is not held");
    if (really == Really::only_say) return ok("would release " + program->name);
    if (auto removed = files.remove(held); !removed) return said(removed.error());
    if (auto flushed = files.flush_directory(held.parent_path()); !flushed) return said(flushed.error());
    if (!control.watchdog_answers())
        return ok(program->name + " is released; no watchdog runs that would start it");
    wake_watchdog(control);
    return ok(program->name + " is released; the watchdog starts it");
}

Said restart_agent(Control& control, Really really) {
    ipc::Request request;
    request.type = really == Really::yes ? ipc::Type::restart_agent : ipc::Type::ping;
    Said told = control.tell_watchdog(request);
    if (told.exit == ControlExit::ok && really == Really::only_say)
        told.message = "would restart " + control.settings().programs.front().name;
    return told;
}

Said configure_watchdog(Control& control, const ipc::UpdateConfig& config, Really really) {
    ipc::Request request;
    request.type = really == Really::yes ? ipc::Type::update_config : ipc::Type::ping;
    if (really == Really::yes) request.config = config;
    Said told = control.tell_watchdog(request);
    if (told.exit == ControlExit::ok && really == Really::only_say)
        told.message = "would change the running watchdog's settings";
    return told;
}

}  // namespace update
