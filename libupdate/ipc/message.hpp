// What passes between agent, watchdog, helper and updatectl. Identifiers only: never a path, URL or command line.
//
// Frame: 4 bytes big-endian length (1..65536), then that many bytes of UTF-8 JSON, one object.
// Every object has "v" (protocol version of the sender). A receiver accepts v-1, v and v+1, ignores unknown fields,
// and answers an unknown "type" with {"ok":false,"error":"unsupported"}.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
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
    confirm,         ///< owner: sign of life of the agent: `level`, `version`, `connected`, `update_id` (for acknowledged)
    cancel,          ///< owner: update_id
    roll_back,       ///< owner: return to the previous version
    renew,           ///< owner: become the installed watchdog program; "renewed" when this is it
};

/// Runtime settings; an absent field stays as it is.
struct UpdateConfig {
    std::optional<bool> enabled;          ///< false: the watchdog watches but restarts nothing
    std::optional<int> interval_seconds;  ///< floored at 5
    std::optional<std::vector<std::string>> services;   ///< further services to watch
    std::optional<std::vector<std::string>> processes;  ///< further process names to watch
    bool operator==(const UpdateConfig&) const = default;
};

/// Levels of proof, in ascending order; any of them is a sign of life.
enum class Level : std::uint8_t { alive, ready, accepted, acknowledged };

struct Request {
    int version = protocol;
    Type type = Type::ping;
    std::string update_id;
    Level level = Level::alive;
    std::string agent_version;
    std::int64_t pid = 0;
    bool connected = false;
    UpdateConfig config;
    bool operator==(const Request&) const = default;
};

struct Reply {
    int version = protocol;
    bool ok = false;
    std::string error;    ///< one word when !ok: unsupported, refused, busy, bad-request, permission
    std::string message;  ///< for people
    std::string status;   ///< JSON object, for `status` only
    bool operator==(const Reply&) const = default;
};

std::string encode(const Request&);
std::string encode(const Reply&);
/// @return `corrupt` (not such JSON), `unsupported` (version or type unknown: answer with Reply{error = "unsupported"}).
Result<Request> decode_request(const std::string& json);
Result<Reply> decode_reply(const std::string& json);

/// A frame around one message.
std::string frame(const std::string& json);

/// Splits a byte stream into messages. One per connection.
class Deframer {
 public:
    /// @return `corrupt` when the peer announces a length of 0 or above frame_max_bytes: close the connection.
    Status feed(const char* bytes, std::size_t count);
    /// The next complete message, if any.
    std::optional<std::string> next();

 private:
    std::string buffer_;
};

}  // namespace update::ipc
