#include "steps/manifest.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace update {
namespace {

using nlohmann::json;
constexpr std::size_t manifest_max_bytes = 64 * 1024;

json to_value(const Backup& b) {
    json v{{"existed", b.existed},
           {"volume", b.id.volume},
           {"file", b.id.file},
           {"original", {b.original.volume, b.original.file}},
           {"size", b.size_bytes}};
    if (b.sha256) v["sha256"] = to_hex(*b.sha256);
    return v;
}
json to_value(const Seal& s) {
    return {
        {"volume", s.id.volume}, {"file", s.id.file}, {"size", s.size_bytes}, {"changed_ns", s.changed_ns}};
}

void from_value(const json& v, Backup& b) {
    const json& original = v.at("original");
    b = {v.at("existed"),
         {v.at("volume"), v.at("file")},
         {original.at(0), original.at(1)},
         v.at("size"),
         std::nullopt};
    if (!v.contains("sha256")) return;
    const auto digest = sha256_from_hex(v.at("sha256"));
    if (!digest) throw std::invalid_argument{"sha256"};
    b.sha256 = *digest;
}
void from_value(const json& v, Seal& s) {
    s = {{v.at("volume"), v.at("file")}, v.at("size"), v.at("changed_ns")};
}

template <class Entry>
Status write_all(Files& files, const Path& path, const std::vector<Entry>& entries) {
    json all = json::array();
    for (const Entry& entry : entries) all.push_back(to_value(entry));
    return write_durably(files, path, all.dump());
}

template <class Entry>
Result<std::vector<Entry>> read_all(Files& files, const Path& path, std::size_t count) {
    UPDATE_TRY(text, read_text(files, path, manifest_max_bytes), "manifest");
    const json all = json::parse(text, nullptr, false);
    if (!all.is_array() || all.size() != count)
        return Error{ErrorCode::corrupt, fmt::format("{}: not a list of {} entries", path.string(), count)};
    std::vector<Entry> entries(count);
    try {
        for (std::size_t n = 0; n < count; ++n) from_value(all[n], entries[n]);
    } catch (const std::exception& e) {
        return Error{ErrorCode::corrupt, fmt::format("{}: {}", path.string(), e.what())};
    }
    return entries;
}

}  // namespace

Status write_backups(Files& f, const Path& p, const std::vector<Backup>& b) { return write_all(f, p, b); }
Result<std::vector<Backup>> read_backups(Files& f, const Path& p, std::size_t n) {
    return read_all<Backup>(f, p, n);
}
Status write_seals(Files& f, const Path& p, const std::vector<Seal>& s) { return write_all(f, p, s); }
Result<std::vector<Seal>> read_seals(Files& f, const Path& p, std::size_t n) {
    return read_all<Seal>(f, p, n);
}

}  // namespace update
