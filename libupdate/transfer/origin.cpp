#include "transfer/origin.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace update {
namespace {

constexpr std::size_t origin_max_bytes = 16 * 1024;  // a URL and two header lines

/// The value goes into a request header again: nothing may end the line there.
bool is_header_safe(const std::string& value) {
    return std::ranges::all_of(value,
                               [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::string text(const nlohmann::json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<Origin> parse(const std::string& json) {
    const auto object = nlohmann::json::parse(json, nullptr, false);
    if (!object.is_object()) return std::nullopt;
    const auto mixed = object.find("mixed");
    if (mixed == object.end() || !mixed->is_boolean()) return std::nullopt;
    Origin origin{text(object, "url"), text(object, "etag"), text(object, "last_modified"),
                  mixed->get<bool>()};
    if (!is_header_safe(origin.etag) || !is_header_safe(origin.last_modified)) return std::nullopt;
    return origin;
}

std::string dump(const Origin& origin) {
    const nlohmann::json object{{"url", origin.url},
                                {"etag", origin.etag},
                                {"last_modified", origin.last_modified},
                                {"mixed", origin.mixed}};
    // Headers may hold any byte: what is not UTF-8 is replaced, then no longer matches, and the download
    // starts over.
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string Origin::validator() const {
    const bool strong = !etag.empty() && etag.substr(0, 2) != "W/";
    return strong ? etag : last_modified;
}

std::optional<Origin> read_origin(Files& files, const Path& path) {
    const auto file = files.open(path, OpenMode::read);
    if (!file) return std::nullopt;
    std::array<char, origin_max_bytes> buffer{};
    std::size_t size = 0;
    while (size < buffer.size()) {
        const auto count = (*file)->read(size, std::as_writable_bytes(std::span{buffer}.subspan(size)));
        if (!count) return std::nullopt;
        if (*count == 0) break;
        size += *count;
    }
    return parse(std::string{buffer.data(), size});
}

Status write_origin(Files& files, const Path& path, const Origin& origin) {
    const auto json = dump(origin);
    // A new file each time: never written through whatever might bear the name already.
    UPDATE_CHECK(files.remove(path), "remove origin");
    UPDATE_TRY(file, files.open(path, OpenMode::create_new), "create origin");
    UPDATE_CHECK(file->write(0, std::as_bytes(std::span{json})), "write origin");
    UPDATE_CHECK(file->flush(), "flush origin");
    return files.flush_directory(path.parent_path());
}

}  // namespace update
