#include "repository/import.hpp"

#include <array>
#include <tuple>

#include "base/grammar.hpp"
#include "durable/durable.hpp"
#include "policy/version.hpp"

namespace update::repository {
namespace {

constexpr std::string_view exe_suffix = ".exe", channel_suffix = ".channel";
constexpr std::size_t sidecar_bytes_max = 256;

std::string trimmed(std::string text) {
    const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (!text.empty() && blank(text.back())) text.pop_back();
    while (!text.empty() && blank(text.front())) text.erase(text.begin());
    return text;
}

Result<std::string> sidecar_of(Files& files, const Path& file) {
    auto text = read_text(files, file.string() + std::string{channel_suffix}, sidecar_bytes_max);
    if (!text && text.error().code() == ErrorCode::not_found) return std::string{"stable"};
    if (!text) return std::move(text).error();
    auto channel = trimmed(*text);
    if (!is_plain_name(channel))
        return Error{ErrorCode::refused, file.string() + ".channel names no channel"};
    return channel;
}

ArtifactWish wish_for(const Path& file, const ImportName& name) {
    ArtifactWish wish{file, {}};
    wish.artifact.role = Role::agent;
    wish.artifact.os = name.os;
    wish.artifact.arch = name.arch;
    wish.artifact.install_path = "bin/" + name.product + (name.exe ? ".exe" : "");
    wish.artifact.self_test = true;
    return wish;
}

}  // namespace

std::optional<ImportName> parse_import_name(std::string_view file) {
    ImportName name;
    name.exe = file.ends_with(exe_suffix);
    if (name.exe) file.remove_suffix(exe_suffix.size());
    for (const std::string_view os : {"linux", "windows", "darwin", "freebsd"}) {
        const auto mark = "-" + std::string{os} + "-";
        const auto at = file.find(mark);
        if (at == std::string_view::npos || at == 0) continue;
        const auto rest = file.substr(at + mark.size());
        const auto dash = rest.find('-');
        if (dash == std::string_view::npos) continue;
        const auto version = parse_semver(rest.substr(dash + 1));
        name.product = file.substr(0, at);
        name.os = os;
        name.arch = rest.substr(0, dash);
        if (!version || !is_plain_name(name.product) || !is_plain_name(name.arch)) continue;
        name.version = to_string(*version);
        return name;
    }
    return std::nullopt;
}

Result<std::vector<Imported>> import_folder(Publisher& publisher, Files& files, const Path& folder,
                                            const std::string& channel, std::vector<std::string>& skipped) {
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<ArtifactWish>> releases;
    std::vector<Path> stale_sidecars;
    UPDATE_TRY(names, files.list(folder), "import");
    for (const auto& file : names) {
        if (file.ends_with(channel_suffix)) continue;
        const auto name = parse_import_name(file);
        if (!name) {
            skipped.push_back(file);
            continue;
        }
        UPDATE_TRY(wanted, sidecar_of(files, folder / file), "import");
        const auto to = channel.empty() ? wanted : channel;
        if (to == "stable" && wanted != "stable")
            stale_sidecars.push_back(folder / (file + std::string{channel_suffix}));
        releases[{name->product, name->version, to}].push_back(wish_for(folder / file, *name));
    }
    std::vector<Imported> imported;
    for (const auto& [key, wishes] : releases) {
        const auto& [product, version, to] = key;
        UPDATE_CHECK(publisher.add(product, version, wishes), "import");
        UPDATE_TRY(waits, publisher.publish({product, version, to}), "import");
        imported.push_back({product, version, to, static_cast<unsigned>(wishes.size()), !waits.empty()});
    }
    for (const Path& sidecar : stale_sidecars) UPDATE_CHECK(files.remove(sidecar), "import");
    return imported;
}

}  // namespace update::repository
