#include "api.hpp"

#include <nlohmann/json.hpp>

#include "secrets.hpp"
#include "session/codec.hpp"

namespace control {
namespace {

using Json = nlohmann::json;

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}
ApiResponse answer(unsigned status, const Json& json) { return {status, dump(json)}; }
ApiResponse failure(unsigned status, const std::string& what) { return answer(status, {{"error", what}}); }
ApiResponse failure(const Error& error) {
    switch (error.code()) {
        case ErrorCode::not_found:
            return failure(404, "not found");
        case ErrorCode::permission:
            return failure(401, "unknown agent or wrong key");
        case ErrorCode::corrupt:
        case ErrorCode::refused:
            return failure(400, error.message());
        default:
            return failure(503, "try again later");
    }
}

Json stored_json(const std::string& text) {
    return text.empty() ? Json() : Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

Json to_json(const UpdateRow& row) {
    return {{"update_id", row.update_id},
            {"agent_id", row.agent_id},
            {"version", row.version},
            {"state", row.state},
            {"adopted", row.selection_json.empty()},
            {"progress", {{"state", row.step}, {"bytes", row.bytes}, {"total", row.total}}},
            {"outcome", stored_json(row.outcome_json)},
            {"created_at_unix_ms", row.created_unix_ms},
            {"changed_at_unix_ms", row.changed_unix_ms}};
}
Json to_json(const AlertRow& row) {
    return {{"agent_id", row.alert.agent_id},
            {"kind", row.alert.kind},
            {"message", row.alert.message},
            {"at_unix_ms", row.alert.at_unix_ms},
            {"received_at_unix_ms", row.received_unix_ms}};
}
Json to_json(const AgentRow& row, bool connected) {
    return {{"agent_id", row.agent_id},
            {"connected", connected},
            {"version", row.version},
            {"build_id", row.build_id},
            {"artifacts", stored_json(row.artifacts_json)},
            {"last_seen_unix_ms", row.last_seen_unix_ms},
            {"late_heartbeats", row.late_heartbeats}};
}

/// The parts of a path below `/api/agents/`: the id, and what follows it.
struct AgentPath {
    std::string agent_id, rest;
};
AgentPath agent_path(const std::string& path) {
    const std::string prefix = "/api/agents/";
    if (!path.starts_with(prefix)) return {};
    const auto slash = path.find('/', prefix.size());
    if (slash == std::string::npos) return {path.substr(prefix.size()), ""};
    return {path.substr(prefix.size(), slash - prefix.size()), path.substr(slash)};
}

}  // namespace

Api::Api(Store& store, Fleet& fleet, const std::string& admin_token)
    : store_{store}, fleet_{fleet}, admin_token_hash_{sha256_hex(admin_token)} {}

ApiResponse Api::handle(const ApiRequest& request) {
    if (request.method == "POST" && request.path == "/api/alerts") return take_alert(request);
    // Comparing digests hides the token's length too.
    if (!equal_in_constant_time(sha256_hex(request.bearer), admin_token_hash_))
        return failure(401, "admin token needed");
    if (request.path == "/api/agents" || request.path == "/api/updates" || request.path == "/api/alerts")
        return request.method == "GET" ? list(request.path) : failure(405, "only GET");
    const auto [agent_id, rest] = agent_path(request.path);
    if (!update::session::is_identifier(agent_id)) return failure(404, "not found");
    if (rest.empty())
        return request.method == "PUT" ? enrol(agent_id, request.body) : failure(405, "only PUT");
    if (rest == "/updates")
        return request.method == "POST" ? add_update(agent_id, request.body) : failure(405, "only POST");
    return failure(404, "not found");
}

ApiResponse Api::take_alert(const ApiRequest& request) {
    const auto alert = update::session::decode_alert(request.body);
    if (!alert) return failure(alert.error());
    if (auto known = store_.check_key(alert->agent_id, request.bearer); !known) return failure(known.error());
    if (auto stored = store_.alert(*alert); !stored) return failure(stored.error());
    return answer(201, Json::object());
}

ApiResponse Api::list(const std::string& what) {
    Json items = Json::array();
    const auto fill = [&](const auto& rows, auto&& make) {
        if (!rows) return failure(rows.error());
        for (const auto& row : *rows) items.push_back(make(row));
        return answer(200, items);
    };
    if (what == "/api/agents")
        return fill(store_.agents(),
                    [&](const AgentRow& row) { return to_json(row, fleet_.connected(row.agent_id)); });
    if (what == "/api/updates")
        return fill(store_.updates(), [](const UpdateRow& row) { return to_json(row); });
    return fill(store_.alerts(), [](const AlertRow& row) { return to_json(row); });
}

ApiResponse Api::enrol(const std::string& agent_id, const std::string& body) {
    const Json json = Json::parse(body, nullptr, false);
    if (!json.is_object() || !json.contains("key") || !json["key"].is_string())
        return failure(400, "key is missing");
    const auto key = json["key"].get<std::string>();
    if (key.size() < 16 || key.size() > 256)
        return failure(400, "key: 16 to 256 random characters are needed");
    if (auto enrolled = store_.enrol(agent_id, key); !enrolled) return failure(enrolled.error());
    return answer(200, {{"agent_id", agent_id}});
}

ApiResponse Api::add_update(const std::string& agent_id, const std::string& body) {
    const Json json = Json::parse(body, nullptr, false);
    if (!json.is_object()) return failure(400, "the selection is not a JSON object");
    const auto text = [&json](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    const update::Selection selection{"u", text("product"), text("channel"), text("version")};
    // An agent that is offered something else has to refuse it.
    if (selection.version.empty()) return failure(400, "version: which release is to be selected?");
    if (auto valid = update::validate(selection); !valid) return failure(valid.error());
    const auto update_id = store_.add_update(agent_id, selection.version,
                                             dump({{"product", selection.product},
                                                   {"channel", selection.channel},
                                                   {"version", selection.version}}));
    if (!update_id) return failure(update_id.error());
    fleet_.push(agent_id);
    return answer(201, {{"update_id", *update_id}});
}

}  // namespace control
