#include "journal/record.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace update {
namespace {

using nlohmann::json;

constexpr std::size_t message_max_bytes = 1000, text_max_bytes = 3 * 1024;

json to_value(const Moment& m) { return json::array({m.boot_id, m.us}); }
Moment moment_from(const json& v) { return {v.at(0).get<std::string>(), v.at(1).get<std::int64_t>()}; }

template <class T>
void put(json& object, const char* key, const std::optional<T>& value) {
    if (value) object[key] = *value;
}
template <class T>
std::optional<T> get(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return std::nullopt;
    return found->get<T>();
}

json to_value(const Evidence& e) {
    json v = json::object();
    put(v, "need", e.need_bytes);
    put(v, "have", e.have_bytes);
    put(v, "pid", e.locking_pid);
    put(v, "exit", e.exit_code);
    put(v, "signal", e.signal);
    return v;
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
    r.start_counted = v.value("start_counted", false);
    r.outage_extensions = v.value("outage_extensions", std::uint64_t{0});
    r.ended_at_unix_ms = v.value("ended_at_unix_ms", std::int64_t{0});
    return r;
}

}  // namespace

std::string to_json(const Record& r) {
    json v{{"schema", Record::schema},
           {"update", r.update_id},
           {"from", r.from_version},
           {"to", r.to_version},
           {"state", row(r.progress.state).name},
           {"attempts", r.progress.attempts},
           {"resumes", r.progress.resumes},
           {"starts", r.progress.starts},
           {"restarts", r.progress.restarts},
           {"route", name(r.route)},
           {"reason", name(r.reason)},
           {"message", r.message.substr(0, message_max_bytes)},
           {"evidence", to_value(r.evidence)},
           {"requested", to_value(r.requested)},
           {"entered", to_value(r.entered)},
           {"old_last_seen", to_value(r.old_last_seen)},
           {"bytes", r.bytes},
           {"connected_before", r.connected_before},
           {"reached_server", r.reached_server},
           {"acknowledged", r.acknowledged},
           {"accepted", r.accepted},
           {"start_counted", r.start_counted},
           {"filed", r.filed},
           {"outage_extensions", r.outage_extensions},
           {"ended_at_unix_ms", r.ended_at_unix_ms}};
    put(v, "downtime_us", r.downtime_us);
    const auto compact = [&] { return v.dump(-1, ' ', true, json::error_handler_t::replace); };
    std::string text = compact();
    if (text.size() >=
        text_max_bytes) {  // only escaped control or non-ASCII bytes in the message can grow so far
        v["message"] = "(message left out: too long when escaped)";
        text = compact();
    }
    return text;
}

Result<Record> parse_record(const std::string& text) {
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
