// Reads the fields of one JSON object; the first thing that is wrong is kept as the error.
#pragma once
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include <update/result.hpp>

namespace update::session {

enum class Need { required, optional };

class Fields {
 public:
    Fields(const nlohmann::json& object, std::string_view context) : object_{object}, context_{context} {}

    std::string text(const char* name, std::size_t max_bytes, Need need = Need::required) {
        const nlohmann::json* field = find(name, need);
        if (field == nullptr) return {};
        if (!field->is_string()) return fail(name, "is not a string"), std::string{};
        const auto& value = field->get_ref<const std::string&>();
        if (value.size() > max_bytes) return fail(name, "is too long"), std::string{};
        return value;
    }
    template <class Integer>
    Integer integer(const char* name, Integer min, Integer max, Need need = Need::required) {
        const nlohmann::json* field = find(name, need);
        if (field == nullptr) return min;
        if (!field->is_number_integer()) return fail(name, "is not an integer"), min;
        const bool fits = field->is_number_unsigned() ? std::in_range<Integer>(field->get<std::uint64_t>())
                                                      : std::in_range<Integer>(field->get<std::int64_t>());
        if (!fits) return fail(name, "is out of range"), min;
        const auto value = field->get<Integer>();
        if (value < min || value > max) return fail(name, "is out of range"), min;
        return value;
    }
    std::optional<bool> boolean(const char* name) {
        const nlohmann::json* field = find(name, Need::optional);
        if (field == nullptr) return std::nullopt;
        if (!field->is_boolean()) return fail(name, "is not a boolean"), std::nullopt;
        return field->get<bool>();
    }
    /// An empty object when it is absent.
    const nlohmann::json& object(const char* name, Need need = Need::required) {
        static const nlohmann::json empty = nlohmann::json::object();
        const nlohmann::json* field = find(name, need);
        if (field == nullptr) return empty;
        if (!field->is_object()) return fail(name, "is not an object"), empty;
        return *field;
    }
    bool has(const char* name) const { return object_.contains(name); }
    void fail(std::string_view name, std::string_view what) {
        if (!error_)
            error_.emplace(ErrorCode::corrupt, context_ + ": " + std::string{name} + " " + std::string{what});
    }
    const std::optional<Error>& error() const { return error_; }

 private:
    const nlohmann::json* find(const char* name, Need need) {
        const auto found = object_.find(name);
        if (found != object_.end()) return &*found;
        if (need == Need::required) fail(name, "is missing");
        return nullptr;
    }

    const nlohmann::json& object_;
    std::string context_;
    std::optional<Error> error_;
};

}  // namespace update::session
