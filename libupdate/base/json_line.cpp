#include "base/json_line.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace update {

void JsonLine::written(std::string_view name, std::string_view json) {
    line_ += line_.empty() ? "{\"" : ",\"";
    line_ += name;
    line_ += "\":";
    line_ += json;
}

void JsonLine::text(std::string_view name, std::string_view value) { written(name, quoted(value, beyond_)); }

std::string JsonLine::quoted(std::string_view value, Beyond beyond) {
    const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    if (std::ranges::all_of(value, plain)) return '"' + std::string{value} + '"';
    using nlohmann::json;
    return json(value).dump(-1, ' ', beyond == Beyond::escaped, json::error_handler_t::replace);
}

}  // namespace update
