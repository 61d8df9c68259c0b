#include "sim/former.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

namespace update::sim {
namespace {

constexpr std::string_view magic = "UPDJ1 ";
/// Of those that journal/record takes for absent where they are not written. `start_counted` is not among
/// them: without it each start that a former guard counted would be counted again by the new agent, and one
/// crash cost a good version its trial. So it belongs to the first release.
constexpr std::array new_fields{"excused", "outage_extensions", "ended_at_unix_ms"};

/// "UPDJ1 GENERATION LENGTH CHECKSUM", a line's end, and so many bytes of JSON.
struct Slot {
    std::string_view generation, json;
};

std::optional<Slot> parts_of(std::string_view slot) {
    const std::size_t line = slot.find('\n');
    if (!slot.starts_with(magic) || line == std::string_view::npos) return std::nullopt;
    const std::string_view head = slot.substr(magic.size(), line - magic.size());
    const std::size_t space = head.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    std::size_t length = 0;
    std::from_chars(head.data() + space + 1, head.data() + head.size(), length);
    if (length > slot.size() - line - 1) return std::nullopt;
    return Slot{head.substr(0, space), slot.substr(line + 1, length)};
}

std::uint32_t checksum(const std::string& text) {
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

}  // namespace

bool is_former(const Scenario& scenario, const Process& process) {
    return process.version == old_version &&
           (scenario.former == Former::every_program ||
            (scenario.former == Former::agent && process.program != Program::watchdog));
}

std::string as_former(std::string_view slot) {
    const auto parts = parts_of(slot);
    auto record = parts ? nlohmann::ordered_json::parse(parts->json, nullptr, false) : nullptr;
    if (!record.is_object()) return std::string{slot};  // damaged, or torn
    for (const char* field : new_fields) record.erase(field);
    const std::string json = record.dump();
    const auto crc = checksum(fmt::format("{} {}\n{}", parts->generation, json.size(), json));
    std::string former = fmt::format("{}{} {} {:08x}\n{}", magic, parts->generation, json.size(), crc, json);
    former.resize(slot.size(), ' ');
    return former;
}

}  // namespace update::sim
