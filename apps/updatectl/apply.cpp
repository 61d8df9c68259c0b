// Commands that lead through an update: apply, rollback.
#include "compose/apply.hpp"

#include <fmt/format.h>

#include "base/json_reader.hpp"
#include "compose/control_apply.hpp"
#include "output.hpp"
#include "progress_line.hpp"
#include "render.hpp"

namespace update::ctl {
namespace {

ControlEvents shown_by(ProgressLine& line) {
    ControlEvents events;
    events.state = [&line](const Record& r) { line.state(row(r.progress.state).name); };
    events.progress = [&line](const Record& r, std::uint64_t bytes, std::uint64_t total) {
        line.progress(row(r.progress.state).name, bytes, total);
    };
    events.say = [&line](std::string_view note) { line.note(note); };
    return events;
}

int finish_applied(const Options& options, const Applied& applied) {
    if (options.json) {
        Json result{{"update_id", applied.update_id.empty() ? Json{} : Json(applied.update_id)},
                    {"exit", name(applied.exit)},
                    {"message", applied.message},
                    {"outcome", nullptr}};
        if (applied.outcome) result["outcome"] = Json::parse(to_json(*applied.outcome));
        print(json_text(result) + "\n");
        return static_cast<int>(applied.exit);
    }
    if (!applied.outcome) return finish(options, applied);
    print(outcome_text(*applied.outcome));
    if (applied.exit == ControlExit::needs_repair)
        print("neither version could be proven to run; updatectl explain and doctor say more\n");
    return static_cast<int>(applied.exit);
}

int apply_unsigned(const Options& options, Control& control) {
    const auto plan = make_plan(control, options.plan);
    if (!plan) return finish(options, {ControlExit::bad_invocation, plan.error().message()});
    ProgressLine line{options.json, screen()};
    line.note(
        fmt::format("update {}: {} -> {}, unsigned", plan->update_id, plan->from_version, plan->version));
    const Applied applied = apply_plan(control.settings(), *plan, shown_by(line));
    line.end();
    return finish_applied(options, applied);
}

}  // namespace

int apply(const Options& options) {
    if (options.dry_run) return check(options);
    int code = 0;
    const auto control = open_readable_endpoint(options, code);
    if (!control) return code;
    if (!options.plan.is_signed()) return apply_unsigned(options, *control);
    const Selection selection = make_selection(*control, options.plan);
    const std::string running = version_before(*control, options.plan);
    if (running.empty())
        return finish(options, {ControlExit::bad_invocation,
                                "which version runs now is not known here; say --from OLD"});
    ProgressLine line{options.json, screen()};
    line.note(fmt::format("update {}: {} -> {}, signed metadata is refreshed", selection.update_id, running,
                          selection.version.empty() ? "the newest" : selection.version));
    const Applied applied = apply_selection(control->settings(), selection, running, shown_by(line));
    line.end();
    return finish_applied(options, applied);
}

int roll_back(const Options& options) {
    int code = 0;
    const auto control = open_readable_endpoint(options, code);
    if (!control) return code;
    if (options.dry_run) {
        if (const auto open = control->open_update())
            return finish(options, {ControlExit::ok, fmt::format("would end update {} and return to {}",
                                                                 open->update_id, open->from_version)});
        const auto plan = previous_version(control->adapters());
        if (!plan) return finish(options, {ControlExit::refused, plan.error().message()});
        return finish(options, {ControlExit::ok, fmt::format("would return from {} to {}", plan->from_version,
                                                             plan->version)});
    }
    ProgressLine line{options.json, screen()};
    const Applied applied = update::roll_back(control->settings(), shown_by(line));
    line.end();
    return finish_applied(options, applied);
}

}  // namespace update::ctl
