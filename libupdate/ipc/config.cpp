#include <algorithm>

#include "ipc/json.hpp"

namespace update::ipc {
namespace {

Status read_names(const Json& object, const char* field, std::optional<std::vector<std::string>>& into) {
    const auto it = object.find(field);
    if (it == object.end() || it->is_null()) return done();
    if (!it->is_array() || it->size() > names_max)
        return corrupt_field(field, "not a list of at most 64 names");
    std::vector<std::string> names;
    for (const Json& item : *it) {
        if (!item.is_string() || !is_name(item.get_ref<const std::string&>()))
            return corrupt_field(field, "an entry is not a name");
        names.push_back(item.get<std::string>());
    }
    into = std::move(names);
    return done();
}

}  // namespace

Result<UpdateConfig> read_config(const Json& object) {
    UpdateConfig config;
    if (object.contains("enabled")) {
        bool enabled = false;
        UPDATE_CHECK(read(object, "enabled", enabled), "config");
        if (!object["enabled"].is_null()) config.enabled = enabled;
    }
    if (object.contains("interval_seconds") && !object["interval_seconds"].is_null()) {
        std::int64_t seconds = 0;
        UPDATE_CHECK(read(object, "interval_seconds", seconds), "config");
        const std::int64_t highest = std::numeric_limits<int>::max();
        config.interval_seconds =
            static_cast<int>(std::clamp<std::int64_t>(seconds, interval_min_seconds, highest));
    }
    UPDATE_CHECK(read_names(object, "services", config.services), "config");
    UPDATE_CHECK(read_names(object, "processes", config.processes), "config");
    return config;
}

Json write_config(const UpdateConfig& config) {
    Json object = Json::object();
    if (config.enabled) object["enabled"] = *config.enabled;
    if (config.interval_seconds) object["interval_seconds"] = *config.interval_seconds;
    if (config.services) object["services"] = *config.services;
    if (config.processes) object["processes"] = *config.processes;
    return object;
}

}  // namespace update::ipc
