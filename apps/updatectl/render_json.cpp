#include "base/json_reader.hpp"
#include "render.hpp"

namespace update::ctl {
namespace {

Json or_null(const std::string& text) { return text.empty() ? Json{} : Json(text); }
Json or_null(std::uint64_t number) { return number == 0 ? Json{} : Json(number); }
template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json{};
}

Json json_of(const ProgramRow& program) {
    return {{"name", program.name},
            {"running", program.running},
            {"pid", or_null(static_cast<std::uint64_t>(program.pid))},
            {"version", or_null(program.version)},
            {"since_unix_ms", or_null(static_cast<std::uint64_t>(program.since_unix_ms))},
            {"held", program.held}};
}

Json json_of(const std::optional<UpdateRow>& update) {
    if (!update) return nullptr;
    return {{"id", update->id},
            {"from", or_null(update->from)},
            {"to", or_null(update->to)},
            {"state", update->state},
            {"route", name(update->route)},
            {"attempts", update->attempts},
            {"deadline_left_ms", update->deadline_left ? Json(update->deadline_left->count()) : Json{}},
            {"bytes", update->bytes},
            {"total", or_null(update->total)}};
}

/// The same object as in files and on the wire.
Json json_of(const std::optional<Outcome>& outcome) {
    if (!outcome) return nullptr;
    return Json::parse(to_json(*outcome));
}

}  // namespace

std::string status_json(const StatusView& status) {
    Json programs = Json::array();
    for (const ProgramRow& program : status.programs) programs.push_back(json_of(program));
    return json_text({{"programs", std::move(programs)},
                      {"update", json_of(status.update)},
                      {"watchdog_version", or_null(status.watchdog_version)},
                      {"last", json_of(status.last)},
                      {"caveat", or_null(status.caveat)}}) +
           "\n";
}

std::string history_json(std::span<const HistoryLine> lines) {
    Json array = Json::array();
    for (const HistoryLine& line : lines)
        array.push_back({{"unix_ms", line.unix_ms},
                         {"update_id", line.update_id},
                         {"state", line.state},
                         {"event", line.event},
                         {"note", line.note}});
    return json_text(array) + "\n";
}

std::string progress_json(const ProgressView& progress) {
    return json_text({{"state", progress.state},
                      {"bytes", progress.bytes},
                      {"total", or_null(progress.total)},
                      {"bytes_per_s", or_null(progress.bytes_per_s)}}) +
           "\n";
}

}  // namespace update::ctl
