#include "compose/status.hpp"

#include <nlohmann/json.hpp>

#include "journal/journal.hpp"
#include "journal/outcome_of.hpp"

namespace update {
namespace {

using nlohmann::json;

json program_rows(Adapters& adapters, Services& services) {
    json rows = json::array();
    for (const ProgramSettings& program : adapters.settings().programs) {
        json row{{"name", program.name}};
        if (const auto status = services.status(program.name); status) {
            row["running"] = status->running;
            row["pid"] = status->running ? status->process.pid : 0;
            row["held"] = status->held_by_administrator;
        } else {
            row["error"] = status.error().message();  // unreadable, which is not "not running"
        }
        rows.push_back(row);
    }
    return rows;
}

milliseconds limit(const Settings& settings, State state) {
    switch (row(state).limit) {
        case Limit::ready:
            return settings.trial.ready_timeout;
        case Limit::ack:
            return settings.trial.ack_timeout;
        case Limit::none:
            break;
    }
    return milliseconds{0};
}

/// @param boot  in another one than that of the entry, the limit runs anew
json update_row(const Record& r, const Settings& settings, Instant now, const std::string& boot) {
    json row{{"id", r.update_id},
             {"from", r.from_version},
             {"to", r.to_version},
             {"state", update::row(r.progress.state).name},
             {"attempts", r.progress.attempts},
             {"starts", r.progress.starts},
             {"route", name(r.route)},
             {"bytes", r.bytes},
             {"reason", name(r.reason)},
             {"message", r.message}};
    const auto allowed = limit(settings, r.progress.state);
    if (allowed.count() > 0 && r.entered.boot_id == boot) {
        const auto passed =
            std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count() - r.entered.us / 1000;
        row["limit_left_ms"] = std::max<std::int64_t>(0, allowed.count() - passed);
    }
    return row;
}

}  // namespace

std::string status_json(Adapters& adapters, Services& services, const std::string& watchdog_version,
                        Instant now) {
    const auto record = Journal{adapters.files(), adapters.layout()}.load().record;
    json status{{"product", adapters.settings().product},
                {"watchdog", watchdog_version},
                {"programs", program_rows(adapters, services)},
                {"update", nullptr},
                {"last", nullptr}};
    if (record && !is_terminal(record->progress.state))
        status["update"] = update_row(*record, adapters.settings(), now, adapters.clock().boot_id());
    if (record && is_terminal(record->progress.state))
        status["last"] = {{"id", record->update_id},
                          {"ending", row(record->progress.state).name},
                          {"reason", name(record->reason)},
                          {"message", record->message},
                          {"route", name(record->route)},
                          {"bytes", record->bytes},
                          {"duration_ms", outcome_of(*record).duration_ms},
                          {"from", record->from_version},
                          {"to", record->to_version}};
    if (record && is_terminal(record->progress.state) && record->downtime_us)
        status["last"]["downtime_us"] = *record->downtime_us;
    return status.dump();
}

}  // namespace update
