// Commands that only look: status, history, explain, doctor.
#include "base/json_reader.hpp"
#include "compose/doctor.hpp"
#include "compose/explain.hpp"
#include "output.hpp"
#include "render.hpp"
#include "render_findings.hpp"

namespace update::ctl {
namespace {

using std::chrono::milliseconds;

template <class T>
T get(const Json& object, const char* field, T otherwise) {
    const auto found = object.find(field);
    if (found == object.end() || found->is_null()) return otherwise;
    return found->get<T>();
}

ProgramRow program_row(const Json& row) {
    ProgramRow program;
    program.name = get<std::string>(row, "name", "");
    program.running = get(row, "running", false);
    program.pid = get<std::int64_t>(row, "pid", 0);
    program.held = get(row, "held", false);
    return program;
}

UpdateRow update_row(const Json& row) {
    UpdateRow update;
    update.id = get<std::string>(row, "id", "");
    update.from = get<std::string>(row, "from", "");
    update.to = get<std::string>(row, "to", "");
    update.state = get<std::string>(row, "state", "");
    update.route = route_named(get<std::string>(row, "route", "")).value_or(Route::none);
    update.bytes = get<std::uint64_t>(row, "bytes", 0);
    if (row.contains("limit_left_ms")) update.deadline_left = milliseconds{row["limit_left_ms"].get<int>()};
    return update;
}

Outcome last_row(const Json& row) {
    Outcome last;
    last.update_id = get<std::string>(row, "id", "");
    last.ending = ending_named(get<std::string>(row, "ending", "")).value_or(Ending::abandoned);
    last.reason = reason_named(get<std::string>(row, "reason", "")).value_or(Reason::none);
    last.message = get<std::string>(row, "message", "");
    last.route = route_named(get<std::string>(row, "route", "")).value_or(Route::none);
    last.bytes = get<std::uint64_t>(row, "bytes", 0);
    last.duration_ms = get<std::int64_t>(row, "duration_ms", 0);
    if (row.contains("downtime_us")) last.downtime_us = row["downtime_us"].get<std::int64_t>();
    last.from_version = get<std::string>(row, "from", "");
    last.to_version = get<std::string>(row, "to", "");
    return last;
}

/// Throws what nlohmann throws when a watchdog of another release sends other types.
StatusView view_of(const StatusReport& report, const std::string& running_version) {
    const Json json = Json::parse(report.json);
    StatusView view;
    for (const Json& row : json.at("programs")) view.programs.push_back(program_row(row));
    if (!view.programs.empty()) view.programs.front().version = running_version;
    if (json.at("update").is_object()) view.update = update_row(json["update"]);
    view.watchdog_version = get<std::string>(json, "watchdog", "");
    if (json.at("last").is_object()) view.last = last_row(json["last"]);
    view.caveat = report.caveat;
    return view;
}

std::vector<FindingRow> rows_of(const std::vector<Diagnosis>& findings) {
    std::vector<FindingRow> rows;
    for (const Diagnosis& finding : findings)
        rows.push_back({finding.check, finding.ok, finding.what, finding.cure});
    return rows;
}

HistoryLine line_of(const HistoryEntry& entry) {
    return {entry.unix_ms, entry.update_id, entry.state, entry.event, entry.note};
}

DecisionView decision_view(Control& control, const Explanation& facts) {
    const Settings& settings = control.settings();
    DecisionView view;
    view.channel = facts.channel.name;
    view.channel_source = facts.channel.source;
    view.trouble = facts.trouble;
    for (const StoredRole& role : facts.roles)
        view.roles.push_back({role.name, role.version, role.days_to_expiry});
    view.epoch = facts.memory.epoch;
    view.pin = settings.policy.pin;
    view.minimum_version = settings.policy.minimum_version;
    view.hold = settings.policy.hold;
    view.unsigned_allowed = settings.trust.mode == TrustMode::unsigned_;
    view.windows = settings.policy.windows;
    if (!facts.decision) return view;
    const ReleaseDecision& decision = *facts.decision;
    view.window_open =
        is_open(decision.facts.windows, decision.facts.now, decision.facts.utc_offset, decision.facts.jitter);
    view.obstacle = decision.choice.obstacle;
    view.permit = decision.choice.permit;
    for (std::size_t n = 0; n < decision.releases.size(); ++n) {
        const Release& release = decision.releases[n];
        view.releases.push_back({release.version, release.epoch, release.rollout.percent, decision.buckets[n],
                                 decision.choice.considered[n].obstacle, n == decision.taken});
    }
    for (const Permit& permit : decision.permits)
        view.permits.push_back({permit.id, permit.version, permit.until_unix_ms,
                                decision.facts.used_permits.contains(permit.id)});
    return view;
}

}  // namespace

int status(const Options& options) {
    int code = 0;
    const auto control = open_endpoint(options, code);
    if (!control) return code;
    const auto report = control->status();
    if (!report) return finish(options, {ControlExit::unreachable, report.error().message()});
    try {
        const StatusView view = view_of(*report, control->running_version());
        const auto now = control->adapters().clock().wall().time_since_epoch().count();
        print(options.json ? status_json(view) : status_text(view, now));
    } catch (const std::exception& e) {
        return finish(options, {ControlExit::failed, std::string{"the status cannot be read: "} + e.what()});
    }
    return 0;
}

int history(const Options& options) {
    int code = 0;
    const auto control = open_readable_endpoint(options, code);
    if (!control) return code;
    std::vector<HistoryLine> lines;
    for (const HistoryEntry& entry : control->history())
        if (options.id.empty() || entry.update_id == options.id) lines.push_back(line_of(entry));
    if (lines.size() > options.lines)
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(options.lines));
    print(options.json ? history_json(lines) : history_text(lines));
    return 0;
}

int explain(const Options& options) {
    int code = 0;
    const auto control = open_readable_endpoint(options, code);
    if (!control) return code;
    const Explanation facts = update::explain(*control);
    ExplainView view;
    view.running_version = facts.running_version;
    view.watchdog_answers = facts.watchdog_answers;
    view.held = facts.held;
    view.worked_on = facts.worked_on;
    view.unconfirmed = facts.unconfirmed.size();
    view.journal_damage = facts.journal_damage;
    if (facts.refusal) view.refusal = facts.refusal->note;
    if (facts.record) {
        const Record& r = *facts.record;
        view.in_progress = !is_terminal(r.progress.state);
        view.update = UpdateRow{r.update_id,
                                r.from_version,
                                r.to_version,
                                std::string{row(r.progress.state).name},
                                r.route,
                                0,
                                {},
                                r.bytes,
                                0};
        view.reason = r.reason;
        view.message = r.message;
        view.starts = r.progress.starts;
    }
    view.decision = decision_view(*control, facts);
    for (const Quarantined& entry : facts.memory.quarantine)
        view.quarantine.push_back({entry.version, entry.reason, entry.message, entry.until_unix_ms});
    for (const Attempts& entry : facts.memory.attempts)
        view.attempts.push_back(
            {entry.version, entry.count, control->settings().policy.attempts_per_version});
    for (const HistoryEntry& entry : facts.last_lines) view.lines.push_back(line_of(entry));
    print(options.json ? explain_json(view) : explain_text(view));
    return 0;
}

int doctor(const Options& options) {
    const auto findings = examine(options.config);
    const auto rows = rows_of(findings);
    print(options.json ? findings_json(rows) : findings_text(rows));
    return static_cast<int>(healthy(findings) ? ControlExit::ok : ControlExit::findings);
}

int check(const Options& options) {
    int code = 0;
    const auto control = open_readable_endpoint(options, code);
    if (!control) return code;
    const bool is_signed = options.plan.is_signed();
    const auto plan = is_signed ? signed_plan(*control, options.plan) : make_plan(*control, options.plan);
    if (!plan && is_signed) return finish(options, {ControlExit::refused, plan.error().message()});
    if (!plan) return finish(options, {ControlExit::bad_invocation, plan.error().message()});
    const auto findings = examine(*control, *plan);
    const auto rows = rows_of(findings);
    print(options.json ? findings_json(rows) : findings_text(rows));
    return static_cast<int>(healthy(findings) ? ControlExit::ok : ControlExit::findings);
}

}  // namespace update::ctl
