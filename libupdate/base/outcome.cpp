#include <algorithm>
#include <array>
#include <limits>

#include <update/outcome.hpp>

#include "base/grammar.hpp"
#include "base/json_reader.hpp"
#include "base/utc_text.hpp"

namespace update {
namespace {

constexpr std::size_t max_outcome_json_bytes = 256 * 1024;  // one frame of docs/protocol.md

constexpr std::array<std::string_view, 4> ending_names{"committed", "rolled-back", "abandoned",
                                                       "needs-repair"};
constexpr std::array<std::string_view, 4> route_names{"none", "watchdog", "self-update", "exit-code"};
constexpr std::array<std::string_view, 23> reason_names{
    "none",       "cancelled",     "refused",          "no-route",         "no-space",    "download-failed",
    "corrupt",    "wrong-machine", "self-test-failed", "io-failed",        "stop-failed", "start-failed",
    "crashed",    "not-ready",     "wrong-version",    "not-acknowledged", "network",     "watchdog-failed",
    "crash-loop", "unconfirmed",   "restore-failed",   "requested",        "untrusted"};
static_assert(reason_names.size() == static_cast<std::size_t>(Reason::untrusted) + 1);
static_assert(route_names.size() == static_cast<std::size_t>(Route::exit_code) + 1);
static_assert(ending_names.size() == static_cast<std::size_t>(Ending::needs_repair) + 1);

template <class Enum, std::size_t count>
std::optional<Enum> named(const std::array<std::string_view, count>& names, std::string_view word) {
    const auto found = std::ranges::find(names, word);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

template <class T>
void put(Json& object, const char* field, const std::optional<T>& value) {
    if (value) object[field] = *value;
}

Json json_of(const Evidence& evidence) {
    Json object = Json::object();
    put(object, "need_bytes", evidence.need_bytes);
    put(object, "have_bytes", evidence.have_bytes);
    put(object, "locking_pid", evidence.locking_pid);
    put(object, "exit_code", evidence.exit_code);
    put(object, "signal", evidence.signal);
    return object;
}

Status read_evidence(const Json& object, Evidence& evidence) {
    FieldReader reader{object, "evidence"};
    reader.integer("need_bytes", evidence.need_bytes);
    reader.integer("have_bytes", evidence.have_bytes);
    reader.integer<std::int64_t>("locking_pid", evidence.locking_pid, 0);
    reader.integer("exit_code", evidence.exit_code);
    reader.integer("signal", evidence.signal, 1, 255);
    return reader.status();
}

void check_identifiers(FieldReader& reader, const Outcome& outcome) {
    if (!is_update_id(outcome.update_id)) reader.fail("update_id", "is no update id");
    if (!is_version_text(outcome.from_version)) reader.fail("from_version", "is no version");
    if (!is_version_text(outcome.to_version)) reader.fail("to_version", "is no version");
}

}  // namespace

std::string_view name(Ending ending) { return ending_names.at(static_cast<std::size_t>(ending)); }
std::string_view name(Route route) { return route_names.at(static_cast<std::size_t>(route)); }
std::string_view name(Reason reason) { return reason_names.at(static_cast<std::size_t>(reason)); }
std::optional<Ending> ending_named(std::string_view word) { return named<Ending>(ending_names, word); }
std::optional<Route> route_named(std::string_view word) { return named<Route>(route_names, word); }
std::optional<Reason> reason_named(std::string_view word) { return named<Reason>(reason_names, word); }

std::string to_json(const Outcome& outcome) {
    Json object{{"update_id", outcome.update_id},
                {"ending", name(outcome.ending)},
                {"reason", name(outcome.reason)},
                {"message", shortened(outcome.message, max_message_bytes)},
                {"evidence", json_of(outcome.evidence)},
                {"route", name(outcome.route)},
                {"from_version", outcome.from_version},
                {"to_version", outcome.to_version},
                {"bytes", outcome.bytes},
                {"duration_ms", outcome.duration_ms},
                {"ended_at_unix_ms", outcome.ended_at_unix_ms}};
    put(object, "downtime_us", outcome.downtime_us);
    return json_text(object);
}

Result<Outcome> parse_outcome(const std::string& text) {
    UPDATE_TRY(json, parse_json_object(text, max_outcome_json_bytes), "outcome");
    constexpr auto longest = std::numeric_limits<std::int64_t>::max();
    Outcome outcome;
    FieldReader reader{json};
    reader.text("update_id", outcome.update_id);
    reader.word("ending", outcome.ending, ending_named);
    reader.word("reason", outcome.reason, reason_named);
    reader.text("message", outcome.message, Need::optional);
    reader.word("route", outcome.route, route_named, Need::optional);
    reader.text("from_version", outcome.from_version);
    reader.text("to_version", outcome.to_version);
    reader.integer<std::uint64_t>("bytes", outcome.bytes, 0, std::numeric_limits<std::uint64_t>::max(),
                                  Need::optional);
    reader.integer<std::int64_t>("downtime_us", outcome.downtime_us, 0);
    reader.integer<std::int64_t>("duration_ms", outcome.duration_ms, 0, longest, Need::optional);
    reader.integer<std::int64_t>("ended_at_unix_ms", outcome.ended_at_unix_ms, 0, max_unix_ms,
                                 Need::optional);
    const Json* evidence = reader.object("evidence", Need::optional);
    outcome.message = shortened(outcome.message, max_message_bytes);
    check_identifiers(reader, outcome);
    UPDATE_CHECK(reader.status(), "outcome");
    if (evidence != nullptr) UPDATE_CHECK(read_evidence(*evidence, outcome.evidence), "outcome");
    return outcome;
}

}  // namespace update
