#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "base/grammar.hpp"
#include "base/json_reader.hpp"
#include "base/utc_text.hpp"
#include "policy/memory.hpp"
#include "policy/version.hpp"

namespace update {
namespace {

constexpr int schema = 1;
// 64 entries of each kind, of which a message may need six characters per byte as JSON: about 220 KiB.
constexpr std::size_t max_memory_bytes = 1024 * 1024;
// More than is ever written, so that a list that grew by hand is shortened rather than lost.
constexpr std::size_t max_listed = 4096;

Json json_of(const Quarantined& entry) {
    return {{"version", entry.version},
            {"reason", name(entry.reason)},
            {"message", entry.message},
            {"since_unix_ms", entry.since_unix_ms},
            {"until_unix_ms", entry.until_unix_ms}};
}

Json json_of(const Attempts& entry) {
    Json json{{"version", entry.version}, {"count", entry.count}, {"last_unix_ms", entry.last_unix_ms}};
    if (!entry.update_id.empty()) json["update"] = entry.update_id;
    return json;
}

template <class Entry>
Json json_of(const std::vector<Entry>& entries) {
    Json array = Json::array();
    for (const Entry& entry : entries) array.push_back(json_of(entry));
    return array;
}

void read_version(FieldReader& reader, std::string& version) {
    reader.text("version", version);
    if (!is_version_text(version)) reader.fail("version", "is no version");
    version = normalised(version);
}

Status read(const Json& json, Quarantined& entry) {
    FieldReader reader{json, "quarantine"};
    read_version(reader, entry.version);
    reader.word("reason", entry.reason, reason_named);
    reader.text("message", entry.message);
    reader.integer<std::int64_t>("since_unix_ms", entry.since_unix_ms, 0, max_unix_ms);
    reader.integer<std::int64_t>("until_unix_ms", entry.until_unix_ms, 0, 2 * max_unix_ms);
    return reader.status();
}

Status read(const Json& json, Attempts& entry) {
    FieldReader reader{json, "attempts"};
    read_version(reader, entry.version);
    reader.integer<std::uint32_t>("count", entry.count, 1, std::numeric_limits<std::uint32_t>::max());
    reader.integer<std::int64_t>("last_unix_ms", entry.last_unix_ms, 0, max_unix_ms);
    reader.text("update", entry.update_id,
                Need::optional);  // a program of an older version does not write it
    return reader.status();
}

/// Of two entries for one version the later counts: they are written oldest first.
template <class Entry>
void read_all(const Json* array, std::vector<Entry>& into, std::string& note) {
    if (array == nullptr) return;
    for (const Json& json : *array) {
        Entry entry;
        if (auto checked = read(json, entry); !checked) {
            note = fmt::format("policy memory: an entry was left out: {}", checked.error().message());
            continue;
        }
        std::erase_if(into, [&](const Entry& other) { return other.version == entry.version; });
        into.push_back(std::move(entry));
    }
    if (into.size() > max_remembered)
        into.erase(into.begin(), into.end() - static_cast<std::ptrdiff_t>(max_remembered));
}

LoadedMemory unreadable(const Error& error) {
    return {{}, fmt::format("policy memory is unreadable and starts empty: {}", error.message())};
}

}  // namespace

std::string to_json(const PolicyMemory& memory) {
    return json_text({{"schema", schema},
                      {"quarantine", json_of(memory.quarantine)},
                      {"attempts", json_of(memory.attempts)},
                      {"epoch", memory.epoch},
                      {"used_permits", memory.used_permits}});
}

LoadedMemory parse_policy_memory(const std::string& text) {
    const auto json = parse_json_object(text, max_memory_bytes);
    if (!json) return unreadable(json.error());
    int written = 0;
    FieldReader reader{*json};
    reader.integer("schema", written, schema, schema);
    const Json* quarantine = reader.array("quarantine", max_listed);
    const Json* attempts = reader.array("attempts", max_listed);
    // Absent in what a release from before signed updates wrote.
    LoadedMemory loaded;
    reader.integer<std::uint64_t>("epoch", loaded.memory.epoch, 0, std::numeric_limits<std::int64_t>::max(),
                                  Need::optional);
    const Json* permits = reader.array("used_permits", max_listed, Need::optional);
    if (auto checked = reader.status(); !checked) return unreadable(checked.error());
    if (permits != nullptr)
        for (const Json& permit : *permits)
            if (permit.is_string() && is_update_id(permit.get_ref<const std::string&>()))
                loaded.memory.used_permits.push_back(permit.get<std::string>());
    read_all(quarantine, loaded.memory.quarantine, loaded.note);
    read_all(attempts, loaded.memory.attempts, loaded.note);
    return loaded;
}

}  // namespace update
