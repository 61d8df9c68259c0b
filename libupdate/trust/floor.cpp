#include "trust/floor.hpp"

#include "trust/fields.hpp"
#include "trust/instant.hpp"

namespace update::trust {
namespace {

Json to_array(const std::set<std::string>& texts) {
    Json::Array array;
    for (const std::string& text : texts) array.emplace_back(text);
    return Json{std::move(array)};
}

std::set<std::string> to_set(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

}  // namespace

std::string to_json(const Floor& floor) {
    Json::Object targets;
    for (const auto& [role, version] : floor.targets) targets.push_back({role, Json{version}});
    Json json;
    json.set("root", Json{floor.root});
    json.set("timestamp", Json{floor.timestamp});
    json.set("snapshot", Json{floor.snapshot});
    json.set("targets", Json{std::move(targets)});
    json.set("timestamp_keys", to_array(floor.timestamp_keys));
    json.set("snapshot_keys", to_array(floor.snapshot_keys));
    json.set("snapshot_void", Json{floor.snapshot_void});
    json.set("time", Json{date_text(floor.time)});
    return indented(json);
}

Result<Floor> parse_floor(std::string_view text) {
    UPDATE_TRY(json, parse_json(text, floor_bytes_max), "floor");
    Fields in{json, "floor"};
    Floor floor;
    floor.root = in.integer("root", 0);
    floor.timestamp = in.integer("timestamp", 0);
    floor.snapshot = in.integer("snapshot", 0);
    for (const auto& [role, version] : in.object("targets")) {
        if (version.integer() == nullptr) in.fail("targets", "must be versions");
        if (in.ok()) floor.targets.emplace(role, *version.integer());
    }
    floor.timestamp_keys = to_set(in.texts("timestamp_keys"));
    floor.snapshot_keys = to_set(in.texts("snapshot_keys"));
    floor.snapshot_void = in.flag("snapshot_void");
    const auto time = parse_date(in.text("time"));
    if (in.ok() && !time) in.fail("time", "is no date");
    UPDATE_CHECK(in.status(), "floor");
    floor.time = *time;
    return floor;
}

}  // namespace update::trust
