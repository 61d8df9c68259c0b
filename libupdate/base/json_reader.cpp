#include "base/json_reader.hpp"

#include <set>
#include <vector>

namespace update {
namespace {

Error corrupt(std::string what) { return {ErrorCode::corrupt, std::move(what)}; }

/// Walks a text once before it is built in memory, so that hostile nesting and double names cost nothing.
/// The member names are those that nlohmann::json::sax_parse calls.
class Guard {
 public:
    std::string problem;

    bool null() { return true; }
    bool boolean(bool /*value*/) { return true; }
    bool number_integer(Json::number_integer_t /*value*/) { return true; }
    bool number_unsigned(Json::number_unsigned_t /*value*/) { return true; }
    bool number_float(Json::number_float_t /*value*/, const std::string& /*text*/) { return true; }
    bool string(std::string& /*value*/) { return true; }
    bool binary(Json::binary_t& /*value*/) { return true; }
    bool start_object(std::size_t /*size*/) { return open(); }
    bool end_object() { return close(); }
    bool start_array(std::size_t /*size*/) { return open(); }
    bool end_array() { return close(); }
    bool key(std::string& name) {
        if (names_.back().insert(name).second) return true;
        problem = "a name occurs twice in one JSON object";
        return false;
    }
    bool parse_error(std::size_t position, const std::string& /*token*/, const Json::exception& /*why*/) {
        problem = "not JSON at byte " + std::to_string(position);
        return false;
    }

 private:
    bool open() {
        names_.emplace_back();
        if (names_.size() <= max_json_depth) return true;
        problem = "JSON nested deeper than " + std::to_string(max_json_depth);
        return false;
    }
    bool close() {
        names_.pop_back();
        return true;
    }
    std::vector<std::set<std::string>> names_;
};

}  // namespace

Result<Json> parse_json_object(const std::string& text, std::size_t max_bytes) {
    if (text.size() > max_bytes) return corrupt("JSON larger than " + std::to_string(max_bytes) + " bytes");
    // The library takes it for the end of the text.
    if (text.find('\0') != std::string::npos) return corrupt("JSON with a zero byte");
    Guard guard;
    if (!Json::sax_parse(text, &guard)) return corrupt(guard.problem);
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object()) return corrupt("JSON, but not an object");
    return value;
}

std::string json_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

FieldReader::FieldReader(const Json& object, std::string where) : object_{object}, where_{std::move(where)} {
    if (!object_.is_object()) error_ = (where_.empty() ? "" : where_ + " ") + "must be an object";
}

const Json* FieldReader::find(const char* field, Need need) {
    if (error_) return nullptr;
    const auto found = object_.find(field);
    if (found != object_.end()) return &*found;
    if (need == Need::required) fail(field, "is missing");
    return nullptr;
}

void FieldReader::fail(const char* field, const std::string& what) {
    if (error_) return;
    error_ = (where_.empty() ? "" : where_ + ".") + field + ": " + what;
}

Status FieldReader::status() const {
    if (error_) return corrupt(*error_);
    return done();
}

void FieldReader::text(const char* field, std::string& into, Need need) {
    const Json* value = find(field, need);
    if (value == nullptr) return;
    if (!value->is_string()) return fail(field, "must be a string");
    into = value->get<std::string>();
}

void FieldReader::flag(const char* field, bool& into, Need need) {
    const Json* value = find(field, need);
    if (value == nullptr) return;
    if (!value->is_boolean()) return fail(field, "must be true or false");
    into = value->get<bool>();
}

const Json* FieldReader::array(const char* field, std::size_t max_size, Need need) {
    const Json* value = find(field, need);
    if (value == nullptr) return nullptr;
    if (value->is_array() && value->size() <= max_size) return value;
    fail(field, "must be an array of at most " + std::to_string(max_size) + " elements");
    return nullptr;
}

const Json* FieldReader::object(const char* field, Need need) {
    const Json* value = find(field, need);
    if (value == nullptr) return nullptr;
    if (value->is_object()) return value;
    fail(field, "must be an object");
    return nullptr;
}

}  // namespace update
