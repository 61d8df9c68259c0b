// Private to ipc/: careful reading of a JSON object.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include <update/result.hpp>

#include "ipc/message.hpp"

namespace update::ipc {

using Json = nlohmann::json;

inline constexpr int depth_max = 16;
inline constexpr std::size_t name_max_bytes = 128;
inline constexpr std::size_t names_max = 64;

inline Error corrupt_field(std::string_view field, std::string_view rule) {
    return Error{ErrorCode::corrupt, std::string{field} + ": " + std::string{rule}};
}

/// One JSON object, its nesting and size capped before anything is built.
Result<Json> parse_object(std::string_view text);
/// Checks "v". @return `unsupported` when it is more than one version away.
Result<int> read_version(const Json& object);

/// Leaves `into` alone when the field is absent or null (a peer that does not know it). @return `corrupt`
/// otherwise.
Status read(const Json& object, const char* field, bool& into);
Status read(const Json& object, const char* field, std::int64_t& into);
Status read(const Json& object, const char* field, std::string& into);

/// 1..name_max_bytes printable bytes without '/' and '\': a name, never a path.
bool is_name(std::string_view);
Result<UpdateConfig> read_config(const Json& object);
Json write_config(const UpdateConfig&);
std::string to_text(const Json&);

}  // namespace update::ipc
