#include "base/json_line.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace update {

namespace {

/// As long as a journal record.
constexpr std::size_t usual_bytes = 640;

void append_quoted(std::string& into, std::string_view value, JsonLine::Beyond beyond) {
    const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    if (std::ranges::all_of(value, plain)) {
        into += '"';
        into += value;
        into += '"';
        return;
    }
    using nlohmann::json;
    into += json(value).dump(-1, ' ', beyond == JsonLine::Beyond::escaped, json::error_handler_t::replace);
}

}  // namespace

void JsonLine::begin(std::string_view name) {
    if (line_.empty()) line_.reserve(usual_bytes);
    line_ += line_.empty() ? "{\"" : ",\"";
    line_ += name;
    line_ += "\":";
}

void JsonLine::written(std::string_view name, std::string_view json) {
    begin(name);
    line_ += json;
}

void JsonLine::text(std::string_view name, std::string_view value) {
    begin(name);
    append_quoted(line_, value, beyond_);
}

std::string JsonLine::finish() {
    if (line_.empty()) return "{}";
    line_ += '}';
    return std::exchange(line_, {});
}

std::string JsonLine::quoted(std::string_view value, Beyond beyond) {
    std::string text;
    append_quoted(text, value, beyond);
    return text;
}

}  // namespace update
