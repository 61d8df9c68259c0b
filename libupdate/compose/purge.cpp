#include "compose/purge.hpp"

#include <fmt/format.h>
#include <set>

#include "compose/end_work.hpp"
#include "os/published_facts.hpp"
#include "steps/asides.hpp"

namespace update {
namespace {

namespace fs = std::filesystem;
constexpr std::uint32_t others = 0077;
constexpr std::string_view guard = ".guard-";

/// Links in it are removed, not followed.
Status remove_tree(const Path& path) {
    std::error_code problem;
    fs::remove_all(path, problem);
    if (problem) return Error{ErrorCode::retry_later, fmt::format("remove {}", path.string()), problem};
    return done();
}

/// Ours alone, or nothing of it is touched: a configuration with a wrong folder must not cost a disk.
Status remove_private_folder(Control& control, const Path& folder) {
    if (folder.empty()) return done();
    auto info = control.adapters().files().info(folder);
    if (!info && info.error().code() == ErrorCode::not_found) return done();
    if (!info) return std::move(info).error();
    if (info->kind != FileInfo::Kind::directory || (info->mode & others) != 0)
        return Error{ErrorCode::refused,
                     fmt::format("{} is not a private folder; it stays", folder.string())};
    return remove_tree(folder);
}

/// Staged and kept versions, the guard, and (Windows) what stepped aside for another: "agent.exe.old". Where
/// the guard of another product lies in the same folder, the versions may be its own, and stay.
Status remove_leftovers(const Path& folder, const std::set<std::string>& programs) {
    std::error_code problem;
    std::set<Path> left, versions;
    bool shared = false;
    for (const auto& entry : fs::directory_iterator{folder, problem}) {
        const std::string name = entry.path().filename().string();
        const bool aside = programs.contains(name.substr(0, name.rfind(".old")));
        if (name.starts_with(guard) && !programs.contains(name.substr(guard.size())))
            shared = true;
        else if (name.starts_with(guard) || (aside && !programs.contains(name)))
            left.insert(entry.path());
        else if (name.starts_with(".update-"))
            versions.insert(entry.path());
    }
    if (!shared) left.merge(versions);
    for (const Path& path : left) UPDATE_CHECK(remove_tree(path), "purge");
    return done();
}

}  // namespace

Status purge(Control& control) {
    const Settings& settings = control.settings();
    UPDATE_CHECK(end_work(control), "purge");
    Status result = done();
    const auto note = [&result](Status status) {
        if (!status && result) result = std::move(status);
    };
    std::set<Path> folders{control.layout().install_root()};
    std::set<std::string> programs;
    const auto add = [&](const std::string& path) {
        const Path image = control.layout().install_root() / path;
        folders.insert(image.parent_path());
        programs.insert(image.filename().string());
    };
    for (const ProgramSettings& program : settings.programs) add(program.path);
    if (!settings.watchdog_path.empty()) add(settings.watchdog_path);
    const auto noted = noted_asides(control.adapters().files(), control.layout());
    if (noted)
        for (const std::string& path : *noted) add(path);
    for (const Path& folder : folders) note(remove_leftovers(folder, programs));
    note(remove_private_folder(control, control.layout().state_dir()));
    note(unpublish(settings.product));
    for (const Path& file : {settings.key_file, settings.file})
        if (!file.empty()) note(control.adapters().files().remove(file));
    std::error_code not_empty;  // somebody else's files in the same folder stay, and so does the folder
    for (const Path& file : {settings.file, settings.key_file, settings.state_dir})
        if (!file.empty() && file.parent_path().filename() == settings.product)
            fs::remove(file.parent_path(), not_empty);
    return result;
}

}  // namespace update
