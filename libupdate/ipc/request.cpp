#include <fmt/format.h>

#include "ipc/json.hpp"
#include "ipc/words.hpp"

namespace update::ipc {
namespace {

bool is_update_id(std::string_view id) {
    if (id.empty() || id.size() > 64 || id.front() == '.') return false;
    for (const char c : id) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

Result<Type> read_type(const Json& object) {
    std::string word;
    if (auto status = read(object, "type", word); !status) return status.error();
    const std::optional<Type> type = type_named(word);
    if (!type) return Error{ErrorCode::unsupported, "unknown type of message"};
    return *type;
}

Status read_fields(const Json& object, Request& request) {
    std::string level;
    if (auto status = read(object, "update_id", request.update_id); !status) return status;
    if (auto status = read(object, "level", level); !status) return status;
    if (auto status = read(object, "agent_version", request.agent_version); !status) return status;
    if (auto status = read(object, "pid", request.pid); !status) return status;
    if (auto status = read(object, "connected", request.connected); !status) return status;
    if (!request.update_id.empty() && !is_update_id(request.update_id))
        return corrupt_field("update_id", "not 1 to 64 of [A-Za-z0-9._-] without a leading '.'");
    if (!request.agent_version.empty() && !is_name(request.agent_version))
        return corrupt_field("agent_version", "not printable, or longer than 128 bytes");
    request.level = level_named(level).value_or(Level::alive);
    return done();
}

}  // namespace

std::string encode(const Request& request) {
    Json object{{"v", request.version}, {"type", name(request.type)}};
    if (!request.update_id.empty()) object["update_id"] = request.update_id;
    if (request.type == Type::confirm || request.level != Level::alive) object["level"] = name(request.level);
    if (!request.agent_version.empty()) object["agent_version"] = request.agent_version;
    if (request.pid != 0) object["pid"] = request.pid;
    if (request.connected) object["connected"] = true;
    if (Json config = write_config(request.config); !config.empty()) object["config"] = std::move(config);
    return to_text(object);
}

Result<Request> decode_request(std::string_view json) {
    UPDATE_TRY(object, parse_object(json), "request");
    Request request;
    UPDATE_TRY(version, read_version(object), "request");
    UPDATE_TRY(type, read_type(object), "request");
    request.version = version;
    request.type = type;
    UPDATE_CHECK(read_fields(object, request), "request");
    if (const auto config = object.find("config"); config != object.end() && !config->is_null()) {
        if (!config->is_object()) return corrupt_field("config", "not an object").in("request");
        UPDATE_TRY(decoded, read_config(*config), "request");
        request.config = std::move(decoded);
    }
    return request;
}

}  // namespace update::ipc
