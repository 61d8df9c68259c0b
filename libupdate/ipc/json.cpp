#include "ipc/json.hpp"

#include <fmt/format.h>

namespace update::ipc {
namespace {

/// Deepest nesting, without building anything. Brackets inside strings do not count.
int depth(std::string_view text) {
    int open = 0, deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++open);
        } else if (c == '}' || c == ']') {
            --open;
        }
    }
    return deepest;
}

const Json* find(const Json& object, const char* field) {
    const auto it = object.find(field);
    return it == object.end() || it->is_null() ? nullptr : &*it;
}

}  // namespace

Result<Json> parse_object(std::string_view text) {
    if (text.size() > frame_max_bytes) return Error{ErrorCode::corrupt, "message is longer than a frame"};
    if (depth(text) > depth_max) return Error{ErrorCode::corrupt, "message is nested too deeply"};
    Json parsed = Json::parse(text, nullptr, false);
    if (!parsed.is_object()) return Error{ErrorCode::corrupt, "message is not a JSON object"};
    return parsed;
}

Result<int> read_version(const Json& object) {
    std::int64_t version = 0;
    if (auto status = read(object, "v", version); !status) return status.error();
    if (version < protocol - 1 || version > protocol + 1)
        return Error{ErrorCode::unsupported, fmt::format("peer speaks protocol {}, this program {} to {}",
                                                         version, protocol - 1, protocol + 1)};
    return static_cast<int>(version);
}

Status read(const Json& object, const char* field, bool& into) {
    const Json* value = find(object, field);
    if (value == nullptr) return done();
    if (!value->is_boolean()) return corrupt_field(field, "not true or false");
    into = value->get<bool>();
    return done();
}

Status read(const Json& object, const char* field, std::int64_t& into) {
    const Json* value = find(object, field);
    if (value == nullptr) return done();
    const bool too_large =
        value->is_number_unsigned() &&
        value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (!value->is_number_integer() || too_large) return corrupt_field(field, "not a 64-bit integer");
    into = value->get<std::int64_t>();
    return done();
}

Status read(const Json& object, const char* field, std::string& into) {
    const Json* value = find(object, field);
    if (value == nullptr) return done();
    if (!value->is_string()) return corrupt_field(field, "not a string");
    into = value->get<std::string>();
    return done();
}

bool is_name(std::string_view name) {
    if (name.empty() || name.size() > name_max_bytes) return false;
    for (const char c : name)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\') return false;
    return true;
}

std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace update::ipc
