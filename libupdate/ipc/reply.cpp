#include "ipc/json.hpp"

namespace update::ipc {
namespace {

std::string_view word_for(ErrorCode code) {
    switch (code) {
        case ErrorCode::unsupported:
            return word::unsupported;
        case ErrorCode::permission:
            return word::permission;
        case ErrorCode::not_found:
            return word::not_found;
        case ErrorCode::corrupt:
            return word::bad_request;
        case ErrorCode::retry_later:
        case ErrorCode::timed_out:
            return word::busy;
        case ErrorCode::bug:
            return word::bug;
        case ErrorCode::refused:
        case ErrorCode::no_space:
        case ErrorCode::cancelled:
            break;
    }
    return word::refused;
}

ErrorCode code_for(std::string_view error) {
    if (error == word::unsupported) return ErrorCode::unsupported;
    if (error == word::permission) return ErrorCode::permission;
    if (error == word::not_found) return ErrorCode::not_found;
    if (error == word::busy) return ErrorCode::retry_later;
    if (error == word::bug || error == word::bad_request) return ErrorCode::bug;
    return ErrorCode::refused;
}

}  // namespace

Reply accepted(std::string message) { return Reply{protocol, true, {}, std::move(message), {}}; }

Reply rejected(std::string_view error, std::string message) {
    return Reply{protocol, false, std::string{error}, std::move(message), {}};
}

Reply rejected(const Error& error) { return rejected(word_for(error.code()), error.message()); }

Status to_status(const Reply& reply) {
    if (reply.ok) return done();
    return Error{code_for(reply.error), reply.message.empty() ? reply.error : reply.message};
}

std::string encode(const Reply& reply) {
    Json object{{"v", reply.version}, {"ok", reply.ok}};
    if (!reply.error.empty()) object["error"] = reply.error;
    if (!reply.message.empty()) object["message"] = reply.message;
    if (!reply.status.empty()) {
        Json status = Json::parse(reply.status, nullptr, false);
        if (!status.is_object()) return encode(rejected(word::bug, "status is not a JSON object"));
        object["status"] = std::move(status);
    }
    return to_text(object);
}

Result<Reply> decode_reply(std::string_view json) {
    UPDATE_TRY(object, parse_object(json), "reply");
    UPDATE_TRY(version, read_version(object), "reply");
    Reply reply;
    reply.version = version;
    if (!object.contains("ok")) return corrupt_field("ok", "missing").in("reply");
    UPDATE_CHECK(read(object, "ok", reply.ok), "reply");
    UPDATE_CHECK(read(object, "error", reply.error), "reply");
    UPDATE_CHECK(read(object, "message", reply.message), "reply");
    if (const auto status = object.find("status"); status != object.end() && !status->is_null()) {
        if (!status->is_object()) return corrupt_field("status", "not an object").in("reply");
        reply.status = to_text(*status);
    }
    return reply;
}

}  // namespace update::ipc
