#include "journal/record.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json_line.hpp"
#include "journal/own_text.hpp"

namespace update {
namespace {

using nlohmann::json;

constexpr std::size_t message_max_bytes = 1000, text_max_bytes = 3 * 1024;

std::string text_of(const Moment& m) {
    return '[' + JsonLine::quoted(m.boot_id, JsonLine::Beyond::escaped) + ',' + std::to_string(m.us) + ']';
}
Moment moment_from(const json& v) { return {v.at(0).get<std::string>(), v.at(1).get<std::int64_t>()}; }

template <class T>
std::optional<T> get(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return std::nullopt;
    return found->get<T>();
}

std::string text_of(const Evidence& e) {
    JsonLine line{JsonLine::Beyond::escaped};
    const auto put = [&line](std::string_view name, const auto& value) {
        if (value) line.number(name, *value);
    };
    put("need", e.need_bytes);
    put("have", e.have_bytes);
    put("pid", e.locking_pid);
    put("exit", e.exit_code);
    put("signal", e.signal);
    return line.finish();
}
Evidence evidence_from(const json& v) {
    return {get<std::uint64_t>(v, "need"), get<std::uint64_t>(v, "have"), get<std::int64_t>(v, "pid"),
            get<int>(v, "exit"), get<int>(v, "signal")};
}

/// Throws nlohmann exceptions; the one caller turns them into an Error.
Record record_from(const json& v) {
    Record r;
    r.update_id = v.at("update");
    r.from_version = v.at("from");
    r.to_version = v.at("to");
    const auto state = state_named(v.at("state").get<std::string>());
    if (!state) throw std::invalid_argument{"state: unknown word"};
    r.progress = {*state, v.at("attempts"), v.at("resumes"), v.at("starts"), v.at("restarts")};
    const auto route = route_named(v.at("route").get<std::string>());
    const auto reason = reason_named(v.at("reason").get<std::string>());
    if (!route || !reason) throw std::invalid_argument{"route or reason: unknown word"};
    r.route = *route;
    r.reason = *reason;
    r.message = v.at("message");
    r.evidence = evidence_from(v.at("evidence"));
    r.requested = moment_from(v.at("requested"));
    r.entered = moment_from(v.at("entered"));
    r.old_last_seen = moment_from(v.at("old_last_seen"));
    r.downtime_us = get<std::int64_t>(v, "downtime_us");
    r.bytes = v.at("bytes");
    r.connected_before = v.at("connected_before");
    r.reached_server = v.at("reached_server");
    r.acknowledged = v.at("acknowledged");
    r.accepted = v.at("accepted");
    r.filed = v.at("filed");
    // A program of an older version does not write these.
    r.progress.excused = v.value("excused", std::uint8_t{0});
    r.start_counted = v.value("start_counted", false);
    r.outage_extensions = v.value("outage_extensions", std::uint64_t{0});
    r.ended_at_unix_ms = v.value("ended_at_unix_ms", std::int64_t{0});
    return r;
}

std::string text_of(const Record& r, std::string_view message) {
    JsonLine line{JsonLine::Beyond::escaped};
    line.number("schema", Record::schema);
    line.text("update", r.update_id);
    line.text("from", r.from_version);
    line.text("to", r.to_version);
    line.text("state", row(r.progress.state).name);
    line.number("attempts", r.progress.attempts);
    line.number("resumes", r.progress.resumes);
    line.number("starts", r.progress.starts);
    line.number("restarts", r.progress.restarts);
    line.number("excused", r.progress.excused);
    line.text("route", name(r.route));
    line.text("reason", name(r.reason));
    line.text("message", message);
    line.written("evidence", text_of(r.evidence));
    line.written("requested", text_of(r.requested));
    line.written("entered", text_of(r.entered));
    line.written("old_last_seen", text_of(r.old_last_seen));
    if (r.downtime_us) line.number("downtime_us", *r.downtime_us);
    line.number("bytes", r.bytes);
    line.flag("connected_before", r.connected_before);
    line.flag("reached_server", r.reached_server);
    line.flag("acknowledged", r.acknowledged);
    line.flag("accepted", r.accepted);
    line.flag("start_counted", r.start_counted);
    line.flag("filed", r.filed);
    line.number("outage_extensions", r.outage_extensions);
    line.number("ended_at_unix_ms", r.ended_at_unix_ms);
    return line.finish();
}

}  // namespace

std::optional<Record> own_record_from(std::string_view written) {
    OwnText t{written};
    Record r;
    std::string_view state, route, reason;
    const bool read =
        t.literal(R"({"schema":1,"update":)") && t.text(r.update_id) && t.literal(R"(,"from":)") &&
        t.text(r.from_version) && t.literal(R"(,"to":)") && t.text(r.to_version) &&
        t.literal(R"(,"state":)") && t.word(state) && t.literal(R"(,"attempts":)") &&
        t.number(r.progress.attempts) && t.literal(R"(,"resumes":)") && t.number(r.progress.resumes) &&
        t.literal(R"(,"starts":)") && t.number(r.progress.starts) && t.literal(R"(,"restarts":)") &&
        t.number(r.progress.restarts) && t.literal(R"(,"excused":)") && t.number(r.progress.excused) &&
        t.literal(R"(,"route":)") && t.word(route) && t.literal(R"(,"reason":)") && t.word(reason) &&
        t.literal(R"(,"message":)") && t.text(r.message) && t.literal(R"(,"evidence":)") &&
        t.evidence(r.evidence) && t.literal(R"(,"requested":)") && t.moment(r.requested) &&
        t.literal(R"(,"entered":)") && t.moment(r.entered) && t.literal(R"(,"old_last_seen":)") &&
        t.moment(r.old_last_seen) && t.optional(R"(,"downtime_us":)", r.downtime_us) &&
        t.literal(R"(,"bytes":)") && t.number(r.bytes) && t.literal(R"(,"connected_before":)") &&
        t.flag(r.connected_before) && t.literal(R"(,"reached_server":)") && t.flag(r.reached_server) &&
        t.literal(R"(,"acknowledged":)") && t.flag(r.acknowledged) && t.literal(R"(,"accepted":)") &&
        t.flag(r.accepted) && t.literal(R"(,"start_counted":)") && t.flag(r.start_counted) &&
        t.literal(R"(,"filed":)") && t.flag(r.filed) && t.literal(R"(,"outage_extensions":)") &&
        t.number(r.outage_extensions) && t.literal(R"(,"ended_at_unix_ms":)") &&
        t.number(r.ended_at_unix_ms) && t.literal("}") && t.at_end();
    const auto known_state = read ? state_named(state) : std::nullopt;
    const auto known_route = read ? route_named(route) : std::nullopt;
    const auto known_reason = read ? reason_named(reason) : std::nullopt;
    if (!known_state || !known_route || !known_reason) return std::nullopt;
    r.progress.state = *known_state;
    r.route = *known_route;
    r.reason = *known_reason;
    return r;
}

std::string to_json(const Record& r) {
    const std::string_view message{r.message};
    std::string text = text_of(r, message.substr(0, message_max_bytes));
    // Only escaped control or non-ASCII bytes in the message can grow so far.
    if (text.size() >= text_max_bytes) text = text_of(r, "(message left out: too long when escaped)");
    return text;
}

Result<Record> parse_record(const std::string& text) {
    if (auto own = own_record_from(text)) return *std::move(own);
    try {
        const json v = json::parse(text);
        if (const int schema = v.at("schema"); schema > Record::schema)
            return Error{ErrorCode::unsupported,
                         fmt::format("journal schema {} is newer than {}", schema, Record::schema)};
        return record_from(v);
    } catch (const std::exception& e) {
        return Error{ErrorCode::corrupt, fmt::format("journal record: {}", e.what())};
    }
}

}  // namespace update
