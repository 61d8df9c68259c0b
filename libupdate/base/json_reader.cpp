#include "base/json_reader.hpp"

#include <utility>
#include <vector>

namespace update {
namespace {

Error corrupt(std::string what) { return {ErrorCode::corrupt, std::move(what)}; }

/// Builds the value while it is read, and ends at the first nesting or name that must not be, so that hostile
/// texts cost nothing. The member names are those that nlohmann::json::sax_parse calls.
class Builder {
 public:
    std::string problem;
    Json value;

    bool null() { return add(nullptr) != nullptr; }
    bool boolean(bool flag) { return add(flag) != nullptr; }
    bool number_integer(Json::number_integer_t number) { return add(number) != nullptr; }
    bool number_unsigned(Json::number_unsigned_t number) { return add(number) != nullptr; }
    bool number_float(Json::number_float_t number, const std::string& /*text*/) {
        return add(number) != nullptr;
    }
    bool string(std::string& text) { return add(std::move(text)) != nullptr; }
    bool binary(Json::binary_t& bytes) { return add(std::move(bytes)) != nullptr; }
    bool start_object(std::size_t /*size*/) { return open(Json::object()); }
    bool end_object() { return close(); }
    bool start_array(std::size_t /*size*/) { return open(Json::array()); }
    bool end_array() { return close(); }
    bool key(std::string& name) {
        const auto [member, is_new] =
            open_.back()->get_ref<Json::object_t&>().try_emplace(std::move(name), nullptr);
        member_ = &member->second;
        if (!is_new) problem = "a name occurs twice in one JSON object";
        return is_new;
    }
    bool parse_error(std::size_t position, const std::string& /*token*/, const Json::exception& /*why*/) {
        problem = "not JSON at byte " + std::to_string(position);
        return false;
    }

 private:
    /// @return where it is now, for as long as nothing follows it in the same array
    Json* add(Json json) {
        if (!open_.empty() && open_.back()->is_array()) {
            open_.back()->push_back(std::move(json));
            return &open_.back()->back();
        }
        Json* const place = open_.empty() ? &value : member_;
        *place = std::move(json);
        return place;
    }
    bool open(Json empty) {
        open_.push_back(add(std::move(empty)));
        if (open_.size() <= max_json_depth) return true;
        problem = "JSON nested deeper than " + std::to_string(max_json_depth);
        return false;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::vector<Json*> open_;  ///< objects and arrays around what comes next
    Json* member_ = nullptr;   ///< what the last name in the innermost object belongs to
};

}  // namespace

Result<Json> parse_json_object(const std::string& text, std::size_t max_bytes) {
    if (text.size() > max_bytes) return corrupt("JSON larger than " + std::to_string(max_bytes) + " bytes");
    // The library takes it for the end of the text.
    if (text.find('\0') != std::string::npos) return corrupt("JSON with a zero byte");
    Builder builder;
    if (!Json::sax_parse(text, &builder)) return corrupt(builder.problem);
    if (!builder.value.is_object()) return corrupt("JSON, but not an object");
    return std::move(builder.value);
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
