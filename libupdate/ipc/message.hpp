// What passes between agent, watchdog, helper and updatectl. Identifiers only: never a path, URL or command
// line.
//
// Frame: 4 bytes big-endian length (1..65536), then that many bytes of UTF-8 JSON, one object (see
// frame.hpp).
//   request: {"v":1,"type":"PerformUpdate","update_id":"..."}, fields at their default value are left out
//   reply:   {"v":1,"ok":true} or {"v":1,"ok":false,"error":"refused","message":"..."}, with "status":{...}
//   for Status
//
// Versions. "v" is the protocol version of the sender; 0 when absent. A receiver accepts v-1, v and v+1 of
// its own, ignores fields that it does not know, and answers an unknown "type" or version with
// "error":"unsupported". So a new version may add fields and types; changing the meaning of an existing one
// needs two releases in between.
//
// Hostile input is an error value, never a crash: nesting deeper than 16, text that is not UTF-8, fields of a
// wrong JSON type, identifiers with anything but [A-Za-z0-9._-] and lists above 64 names are `corrupt`. All
// functions are pure and may be called from any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <update/result.hpp>

namespace update::ipc {

inline constexpr int protocol = 1;
inline constexpr std::size_t frame_max_bytes = 65'536;

enum class Type : std::uint8_t {
    ping,            ///< anyone
    status,          ///< anyone
    perform_update,  ///< owner: update_id lies verified on disk; take it over
    restart_agent,   ///< owner
    update_config,   ///< owner: `config`
    confirm,    ///< supervised program: `level`, `agent_version`, `connected`, `update_id` (for acknowledged)
    cancel,     ///< owner: update_id
    roll_back,  ///< owner: return to the previous version
    renew,      ///< owner: become the installed watchdog program; answers "renewed" when this is it already
};

/// Runtime settings; an absent field stays as it is.
struct UpdateConfig {
    std::optional<bool> enabled;                        ///< false: the watchdog watches but restarts nothing
    std::optional<int> interval_seconds;                ///< the decoder raises it to interval_min_seconds
    std::optional<std::vector<std::string>> services;   ///< further services to watch
    std::optional<std::vector<std::string>> processes;  ///< further process names (not paths) to watch
    bool operator==(const UpdateConfig&) const = default;
};
inline constexpr int interval_min_seconds = 5;

/// Levels of proof, in ascending order; any of them is a sign of life. A level that the receiver does not
/// know (newer peer) is read as `alive`: the least that any of them proves.
enum class Level : std::uint8_t { alive, ready, accepted, acknowledged };

struct Request {
    int version = protocol;
    Type type = Type::ping;
    std::string update_id;  ///< empty, or 1..64 characters of [A-Za-z0-9._-], not starting with '.'
    Level level = Level::alive;
    std::string agent_version;  ///< at most 128 printable characters
    std::int64_t pid = 0;       ///< what the sender says; who it really is, the transport knows
    bool connected = false;
    UpdateConfig config;
    bool operator==(const Request&) const = default;
};

/// The words in Reply::error. A word that the receiver does not know counts as `refused`.
namespace word {
inline constexpr std::string_view unsupported =
    "unsupported";                                      ///< type or version unknown: take the other way
inline constexpr std::string_view refused = "refused";  ///< a rule forbids it
inline constexpr std::string_view busy = "busy";        ///< later perhaps
inline constexpr std::string_view bad_request = "bad-request";  ///< it cannot be read
inline constexpr std::string_view permission = "permission";    ///< not for this account
inline constexpr std::string_view not_found = "not-found";      ///< no such update or program
inline constexpr std::string_view bug = "bug";                  ///< the answering program is wrong
}  // namespace word

struct Reply {
    int version = protocol;
    bool ok = false;
    std::string error;    ///< one of `word` when !ok
    std::string message;  ///< for people
    std::string status;   ///< text of one JSON object, for `status` only; else empty
    bool operator==(const Reply&) const = default;
};

Reply accepted(std::string message = {});
Reply rejected(std::string_view error, std::string message);
/// The reply to a request that ended with `error`, or that could not be decoded.
Reply rejected(const Error&);
/// @return success for ok; else the Error that its word stands for: `unsupported`, `refused`, `retry_later`
/// (busy),
///         `permission`, `not_found`, `bug` (bad-request, bug).
Status to_status(const Reply&);

std::string_view name(Type);   ///< as on the wire: "Ping", "PerformUpdate"
std::string_view name(Level);  ///< "alive", "acknowledged"

/// Always a valid message: bytes that are not UTF-8 are replaced, and a Reply::status that is not a JSON
/// object turns the reply into {"ok":false,"error":"bug"}. May be longer than a frame; `frame` says so.
std::string encode(const Request&);
std::string encode(const Reply&);
/// @return `corrupt` (not such a message), `unsupported` (version or type unknown).
Result<Request> decode_request(std::string_view json);
/// @return `corrupt`, or `unsupported` for a version that is too far away.
Result<Reply> decode_reply(std::string_view json);

}  // namespace update::ipc
