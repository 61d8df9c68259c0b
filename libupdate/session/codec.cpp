#include "session/codec.hpp"

#include <algorithm>
#include <functional>

#include "session/fields.hpp"

namespace update::session {
namespace {

using Json = nlohmann::json;

// Names, versions and reasons are short; the caps keep a hostile peer from filling logs and tables.
constexpr std::size_t id_max = 64, version_max = 128, build_id_max = 128, key_max = 512, state_max = 64,
                      reason_max = 1024;
constexpr std::size_t path_max = 4096, artifacts_max = 256;
// Plans and outcomes need six levels; deeper text is an attack on recursive code, wherever it ends up.
constexpr int depth_max = 32;

bool too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > depth_max) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

Result<Json> parse_object(std::string_view text) {
    if (text.size() > message_max_bytes) return Error{ErrorCode::corrupt, "longer than 256 KiB"};
    if (too_deep(text)) return Error{ErrorCode::corrupt, "nested too deeply"};
    Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) return Error{ErrorCode::corrupt, "not JSON"};
    if (!json.is_object()) return Error{ErrorCode::corrupt, "not a JSON object"};
    return json;
}

std::string identifier(Fields& fields, const char* name, Need need = Need::required) {
    std::string id = fields.text(name, id_max, need);
    if (!id.empty() && !is_identifier(id)) fields.fail(name, "is not an identifier");
    if (id.empty() && need == Need::required) fields.fail(name, "is empty");
    return id;
}

Message decode_auth(Fields& fields) {
    Auth auth;
    auth.protocol = fields.integer<int>("protocol", 1, 1'000'000);
    auth.agent_id = identifier(fields, "agent_id");
    auth.key = Secret{fields.text("key", key_max)};
    auth.version = fields.text("version", version_max);
    auth.build_id = fields.text("build_id", build_id_max);
    const Json& artifacts = fields.object("artifacts", Need::optional);
    if (artifacts.size() > artifacts_max) fields.fail("artifacts", "has too many entries");
    for (const auto& [path, hash] : artifacts.items()) {
        if (!hash.is_string() || hash.get_ref<const std::string&>().size() > id_max ||
            path.size() > path_max) {
            fields.fail("artifacts", "has an entry that is not a path with a hash");
            break;
        }
        auth.artifacts.emplace(path, hash.get<std::string>());
    }
    auth.open_update = identifier(fields, "open_update", Need::optional);
    return auth;
}

Message decode_auth_ack(Fields& fields) {
    AuthAck ack;
    ack.server_time_unix_ms =
        fields.integer<std::int64_t>("server_time_unix_ms", 0, std::numeric_limits<std::int64_t>::max());
    ack.confirms_updates = fields.boolean("confirms_updates").value_or(false);
    ack.update_confirmed = identifier(fields, "update_confirmed", Need::optional);
    return ack;
}

Message decode_config_update(Fields& fields) {
    ConfigUpdate update;
    Fields policy{fields.object("policy"), "policy"};
    update.auto_update = policy.boolean("auto_update");
    if (policy.has("heartbeat_seconds"))
        update.heartbeat = std::chrono::seconds{policy.integer<std::int64_t>("heartbeat_seconds", 1, 86'400)};
    if (policy.error()) fields.fail("policy", "has a bad auto_update or heartbeat_seconds");
    return update;
}

Message decode_progress(Fields& fields) {
    constexpr auto max = std::numeric_limits<std::uint64_t>::max();
    ProgressReport progress;
    progress.update_id = identifier(fields, "update_id");
    progress.state = fields.text("state", state_max);
    progress.bytes = fields.integer<std::uint64_t>("bytes", 0, max);
    progress.total = fields.integer<std::uint64_t>("total", 0, max);
    return progress;
}

Message decode_offer(Fields& fields) {
    Offer offer;
    Selection& selection = offer.selection;
    selection.update_id = identifier(fields, "update_id");
    selection.product = fields.text("product", version_max);
    selection.channel = fields.text("channel", version_max, Need::optional);
    selection.version = fields.text("version", id_max);
    if (selection.version.empty()) fields.fail("version", "is empty");
    if (!fields.error())
        if (auto valid = validate(selection); !valid) fields.fail("offer", "selects nothing that can be");
    return offer;
}

Message decode_heartbeat(Fields& fields) {
    Heartbeat heartbeat;
    heartbeat.build_id = fields.text("build_id", build_id_max);
    heartbeat.version = fields.text("version", version_max);
    return heartbeat;
}

struct Decoder {
    std::string_view type;
    Message (*decode)(Fields&);
};
constexpr Decoder decoders[] = {
    {"auth", decode_auth},
    {"auth_ack", decode_auth_ack},
    {"auth_reject", [](Fields& f) -> Message { return AuthReject{f.text("reason", reason_max)}; }},
    {"config_update", decode_config_update},
    {"heartbeat", decode_heartbeat},
    {"heartbeat_ack", [](Fields&) -> Message { return HeartbeatAck{}; }},
    {"offer", decode_offer},
    {"progress", decode_progress},
    {"outcome", [](Fields& f) -> Message { return OutcomeReport{f.object("outcome").dump()}; }},
    {"outcome_ack", [](Fields& f) -> Message { return OutcomeAck{identifier(f, "update_id")}; }},
};

struct Encoder {
    Result<Json> operator()(const Auth& m) const {
        return Json{{"type", "auth"},
                    {"protocol", m.protocol},
                    {"agent_id", m.agent_id},
                    {"key", m.key.reveal()},
                    {"version", m.version},
                    {"build_id", m.build_id},
                    {"artifacts", m.artifacts.empty() ? Json::object() : Json(m.artifacts)},
                    {"open_update", m.open_update}};
    }
    Result<Json> operator()(const AuthAck& m) const {
        Json json{{"type", "auth_ack"}, {"server_time_unix_ms", m.server_time_unix_ms}};
        if (m.confirms_updates) json["confirms_updates"] = true;
        if (!m.update_confirmed.empty()) json["update_confirmed"] = m.update_confirmed;
        return json;
    }
    Result<Json> operator()(const AuthReject& m) const {
        return Json{{"type", "auth_reject"}, {"reason", m.reason}};
    }
    Result<Json> operator()(const ConfigUpdate& m) const {
        Json policy = Json::object();
        if (m.auto_update) policy["auto_update"] = *m.auto_update;
        if (m.heartbeat) policy["heartbeat_seconds"] = m.heartbeat->count();
        return Json{{"type", "config_update"}, {"policy", policy}};
    }
    Result<Json> operator()(const Heartbeat& m) const {
        return Json{{"type", "heartbeat"}, {"build_id", m.build_id}, {"version", m.version}};
    }
    Result<Json> operator()(const HeartbeatAck&) const { return Json{{"type", "heartbeat_ack"}}; }
    Result<Json> operator()(const Offer& m) const {
        return Json{{"type", "offer"},
                    {"update_id", m.selection.update_id},
                    {"product", m.selection.product},
                    {"channel", m.selection.channel},
                    {"version", m.selection.version}};
    }
    Result<Json> operator()(const ProgressReport& m) const {
        return Json{{"type", "progress"},
                    {"update_id", m.update_id},
                    {"state", m.state},
                    {"bytes", m.bytes},
                    {"total", m.total}};
    }
    Result<Json> operator()(const OutcomeReport& m) const {
        return carry("outcome", "outcome", m.outcome_json);
    }
    Result<Json> operator()(const OutcomeAck& m) const {
        return Json{{"type", "outcome_ack"}, {"update_id", m.update_id}};
    }

    static Result<Json> carry(const char* type, const char* field, const std::string& text) {
        UPDATE_TRY(object, parse_object(text), field);
        return Json{{"type", type}, {field, std::move(object)}};
    }
};

Result<std::string> dump(const Json& json) {
    std::string text;
    try {
        text = json.dump();
    } catch (const Json::exception&) {  // its text could quote a value
        return Error{ErrorCode::corrupt, "a text is not UTF-8"};
    }
    if (text.size() > message_max_bytes) return Error{ErrorCode::refused, "longer than 256 KiB"};
    return text;
}

}  // namespace

bool is_identifier(std::string_view id) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
    };
    return !id.empty() && id.size() <= id_max && id.front() != '.' &&
           std::all_of(id.begin(), id.end(), allowed);
}

Result<std::string> encode(const Message& message) {
    UPDATE_TRY(json, std::visit(Encoder{}, message), "encode message");
    UPDATE_TRY(text, dump(json), "encode message");
    return std::move(text);
}

Result<Message> decode(std::string_view text) {
    UPDATE_TRY(json, parse_object(text), "message");
    const auto type = json.find("type");
    if (type == json.end() || !type->is_string())
        return Error{ErrorCode::corrupt, "message: type is missing"};
    const auto& name = type->get_ref<const std::string&>();
    const auto decoder = std::find_if(std::begin(decoders), std::end(decoders),
                                      [&](const Decoder& d) { return d.type == name; });
    if (decoder == std::end(decoders)) return Error{ErrorCode::unsupported, "message: unknown type"};
    Fields fields{json, decoder->type};
    Message message = decoder->decode(fields);
    if (fields.error()) return *fields.error();
    return message;
}

Result<std::string> encode_alert(const Alert& alert) {
    UPDATE_TRY(text,
               dump(Json{{"agent_id", alert.agent_id},
                         {"kind", alert.kind},
                         {"message", alert.message},
                         {"at_unix_ms", alert.at_unix_ms}}),
               "encode alert");
    return std::move(text);
}

Result<Alert> decode_alert(std::string_view text) {
    UPDATE_TRY(json, parse_object(text), "alert");
    Fields fields{json, "alert"};
    Alert alert;
    alert.agent_id = identifier(fields, "agent_id");
    alert.kind = identifier(fields, "kind");
    alert.message = fields.text("message", 4096);
    alert.at_unix_ms = fields.integer<std::int64_t>("at_unix_ms", 0, std::numeric_limits<std::int64_t>::max(),
                                                    Need::optional);
    if (fields.error()) return *fields.error();
    return alert;
}

}  // namespace update::session
