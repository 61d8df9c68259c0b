#include "repository/publisher_settings.hpp"

#include "trust/fields.hpp"

namespace update::repository {
namespace {

using trust::Fields;
using trust::Json;

constexpr std::size_t settings_bytes_max = 4'000'000;

Json number(int value) { return Json{std::int64_t{value}}; }
int days_of(Fields& in, const char* role) { return static_cast<int>(in.integer(role, 1, 36'500)); }

}  // namespace

std::string to_json(const PublisherSettings& settings) {
    Json days, json;
    days.set("root", number(settings.lifetimes.root));
    days.set("targets", number(settings.lifetimes.targets));
    days.set("snapshot", number(settings.lifetimes.snapshot));
    days.set("timestamp", number(settings.lifetimes.timestamp));
    Json::Object keys;
    for (const auto& [id, place] : settings.keys) {
        Json key{Json::Object{}};
        if (!place.file.empty()) key.set("file", Json{place.file});
        Json::Array command;
        for (const auto& word : place.command) command.emplace_back(word);
        if (!command.empty()) key.set("command", Json{std::move(command)});
        keys.push_back({id, std::move(key)});
    }
    json.set("days", std::move(days));
    json.set("keys", Json{std::move(keys)});
    return trust::indented(json) + "\n";
}

Result<PublisherSettings> parse_publisher_settings(std::string_view text) {
    UPDATE_TRY(json, trust::parse_json(text, settings_bytes_max), "publisher settings");
    PublisherSettings settings;
    Fields in{json, "settings"};
    in.object("days");
    const auto& keys = in.object("keys");
    UPDATE_CHECK(in.status(), "publisher");
    Fields days{*json.find("days"), "days"};
    settings.lifetimes = {days_of(days, "root"), days_of(days, "targets"), days_of(days, "snapshot"),
                          days_of(days, "timestamp")};
    UPDATE_CHECK(days.status(), "publisher settings");
    for (const auto& [id, value] : keys) {
        Fields key{value, "keys"};
        KeyPlace place;
        place.file = key.text_if_any("file").value_or("");
        place.command = key.texts_if_any("command").value_or(std::vector<std::string>{});
        UPDATE_CHECK(key.status(), "publisher settings");
        settings.keys.emplace(id, std::move(place));
    }
    return settings;
}

}  // namespace update::repository
