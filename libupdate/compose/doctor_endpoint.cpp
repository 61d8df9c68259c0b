// The doctor's looks at folders, programs and the server's side.
#include <algorithm>
#include <fmt/format.h>

#include "compose/agent_channel.hpp"
#include "compose/doctor.hpp"
#include "compose/outcome_box.hpp"
#include "compose/watchdog_renewal.hpp"
#include "durable/durable.hpp"
#include "os/account.hpp"
#include "os/rights_command.hpp"
#include "os/service_manager.hpp"

namespace update::doctor {
namespace {

using Findings = std::vector<Diagnosis>;
constexpr std::uint32_t others = 0077, writable_by_others = 0022;
constexpr std::uint64_t system_account = 0;
constexpr std::uint64_t reserve_bytes = 1 << 20;  // journal, history and directory blocks, as the preflight

void unreadable(Findings& findings, const std::string& check, const Error& error, const std::string& cure) {
    findings.push_back({check, false, error.message(), cure});
}

void look_at_state_dir(Control& control, Findings& findings) {
    const Path& folder = control.layout().state_dir();
    const auto info = control.adapters().files().info(folder);
    if (!info && info.error().code() == ErrorCode::not_found)
        return findings.push_back({"state-dir", true, folder.string() + " is created by the first program"});
    if (!info) return unreadable(findings, "state-dir", info.error(), "run as the account that owns it");
    if (info->kind != FileInfo::Kind::directory)
        return findings.push_back({"state-dir", false, folder.string() + " is no folder", "remove it"});
    if (info->owner != current_account())
        return findings.push_back(
            {"state-dir", false, fmt::format("{} belongs to account {}", folder.string(), info->owner),
             "run as that account, or: " + rights_command::owner_is_this_account(folder)});
    if ((info->mode & others) != 0)
        return findings.push_back(
            {"state-dir", false,
             fmt::format("{} is open to others (mode {:04o})", folder.string(), info->mode),
             rights_command::only_ours(folder)});
    findings.push_back({"state-dir", true, folder.string() + " is private"});
}

/// Every folder on the way to the programs: who can write there can replace them.
std::vector<Path> program_folders(Control& control) {
    std::vector<Path> folders{control.layout().install_root()};
    for (const ProgramSettings& program : control.settings().programs) {
        Path below = control.layout().install_root();
        for (const Path& part : Path{program.path}.parent_path()) folders.push_back(below /= part);
    }
    std::ranges::sort(folders);
    folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
    return folders;
}

void look_at_install_root(Control& control, Findings& findings) {
    for (const Path& folder : program_folders(control)) {
        const auto info = control.adapters().files().info(folder);
        if (!info)
            return unreadable(findings, "install-root", info.error(),
                              "install the programs, or correct install_root");
        if (info->kind != FileInfo::Kind::directory)
            return findings.push_back(
                {"install-root", false, folder.string() + " is no folder", "correct install_root"});
        if (info->owner != system_account && info->owner != current_account())
            return findings.push_back({"install-root", false,
                                       fmt::format("{} belongs to account {}, which can replace the programs",
                                                   folder.string(), info->owner),
                                       rights_command::owner_is_this_account(folder)});
        if ((info->mode & writable_by_others) != 0)
            return findings.push_back(
                {"install-root", false,
                 fmt::format("others can write to {} (mode {:04o})", folder.string(), info->mode),
                 rights_command::nobody_else_writes(folder)});
    }
    findings.push_back(
        {"install-root", true, control.layout().install_root().string() + " is writable by its owner only"});
}

/// A whole set is on the disk twice more while it is staged: partial or staged copy, and the backup.
void look_at_space(Control& control, Findings& findings) {
    std::uint64_t need = reserve_bytes;
    for (const ProgramSettings& program : control.settings().programs)
        if (const auto info = control.adapters().files().info(control.layout().install_root() / program.path);
            info)
            need += 2 * info->size_bytes;
    for (const Path& folder : {control.layout().state_dir(), control.layout().install_root()}) {
        const auto space = control.adapters().volumes().space(folder);
        if (!space) return unreadable(findings, "disk-space", space.error(), "see the message");
        if (space->free_bytes < need)
            return findings.push_back(
                {"disk-space", false,
                 fmt::format("{} bytes are free on the volume of {}; an update of this size needs {}",
                             space->free_bytes, folder.string(), need),
                 fmt::format("free {} bytes", need - space->free_bytes)});
    }
    findings.push_back({"disk-space", true, fmt::format("{} bytes are free on each volume, at least", need)});
}

void look_at_program(Control& control, const ProgramSettings& program, Findings& findings) {
    const Path image = control.layout().install_root() / program.path;
    const auto info = control.adapters().files().info(image);
    if (!info)
        return unreadable(findings, "programs", info.error(),
                          fmt::format("install {}, or correct the path of {}", image.string(), program.name));
    if (info->kind != FileInfo::Kind::file || (info->mode & 0100) == 0)
        return findings.push_back(
            {"programs", false, image.string() + " cannot be executed", rights_command::executable(image)});
    if ((info->mode & writable_by_others) != 0)
        return findings.push_back({"programs", false, fmt::format("others can write to {}", image.string()),
                                   rights_command::nobody_else_writes(image)});
    const auto status = control.services().status(program.name);
    if (!status) return unreadable(findings, "programs", status.error(), "run as the owner of state_dir");
    if (status->held_by_administrator)
        return findings.push_back(
            {"held", false, fmt::format("{} is held: nobody starts it", program.name),
             control.settings().service.manager == Manager::none
                 ? fmt::format("updatectl release {}", program.name)
                 : service_manager::command_for(service_manager::Wish::run, control.settings(), program)});
    if (!status->running)
        return findings.push_back({"programs", false, program.name + " does not run",
                                   "start the watchdog, which starts it; its log says why if it ends again"});
    findings.push_back(
        {"programs", true, fmt::format("{} runs as process {}", program.name, status->process.pid)});
}

void look_at_key(Control& control, Findings& findings) {
    const Settings& settings = control.settings();
    if (settings.key_file.empty())
        return findings.push_back({"key-file", settings.agent_id.empty(), "no key_file is configured",
                                   settings.agent_id.empty() ? "" : "set key_file to the file with the key"});
    const std::string file = settings.key_file.string();
    const auto info = control.adapters().files().info(settings.key_file);
    if (!info)
        return unreadable(findings, "key-file", info.error(),
                          fmt::format("write the key of this endpoint to {}, for its account alone", file));
    if ((info->mode & others) != 0)
        return findings.push_back(
            {"key-file", false, fmt::format("{} is open to others (mode {:04o})", file, info->mode),
             rights_command::only_ours_file(settings.key_file) + ", and renew the key"});
    if (info->size_bytes == 0)
        return findings.push_back({"key-file", false, file + " is empty", "write the key to it"});
    findings.push_back({"key-file", true, file + " is private"});
}

void look_at_ca(Control& control, Findings& findings) {
    const std::string& file = control.settings().transfer.ca_file;
    if (file.empty()) return findings.push_back({"ca-file", true, "the system's authorities are trusted"});
    constexpr std::size_t bundle_max_bytes = 8 << 20;
    std::error_code problem;
    const auto text = read_text(control.adapters().files(), std::filesystem::weakly_canonical(file, problem),
                                bundle_max_bytes);
    if (!text)
        return unreadable(findings, "ca-file", text.error(), "correct transfer.ca_file, or install the file");
    if (text->find("-----BEGIN CERTIFICATE-----") == std::string::npos)
        return findings.push_back(
            {"ca-file", false, file + " holds no certificate", "write it in PEM, with BEGIN CERTIFICATE"});
    findings.push_back({"ca-file", true, file + " holds certificates"});
}

/// "wss://host:port/path" -> "host:port".
std::string host_and_port(const std::string& url) {
    const auto begin = url.find("://") + 3;
    std::string place = url.substr(begin, url.find_first_of("/?", begin) - begin);
    const auto bracket = place.rfind(']');
    const bool has_port =
        place.rfind(':') != std::string::npos && (bracket == std::string::npos || place.rfind(':') > bracket);
    if (!has_port) place += url.starts_with("wss://") ? ":443" : ":80";
    return place;
}

void look_at_server(Control& control, Findings& findings) {
    const Settings& settings = control.settings();
    if (settings.server_url.empty())
        return findings.push_back(
            {"server-url", true, "no server_url is configured; a reference agent uses its own"});
    AgentChannel channel{control.layout(), control.adapters().clock(), control.adapters().files()};
    RemoteRenewal renewal{control.adapters(), channel};
    const Ports ports = control.adapters().ports(control.services(), channel, renewal);
    Probe probe;
    probe.kind = Readiness::tcp;
    probe.target = host_and_port(settings.server_url);
    if (auto seen = ports.probes.look(probe); !seen)
        return unreadable(findings, "server-url", seen.error(),
                          "correct server_url, or see why the server cannot be reached from here");
    findings.push_back({"server-url", true, probe.target + " accepts connections"});
}

void look_at_outcomes(Control& control, Findings& findings) {
    if (auto allowed = control.readable(); !allowed)
        return unreadable(findings, "outcomes", allowed.error(), "see the message");
    const auto waiting = OutcomeBox{control.adapters().files(), control.layout()}.unconfirmed().size();
    const bool nobody_asks = control.settings().server_url.empty();
    if (waiting == 0 || nobody_asks)
        return findings.push_back(
            {"outcomes", true,
             waiting == 0 ? "every outcome is confirmed" : fmt::format("{} lie here for a server", waiting)});
    findings.push_back({"outcomes", false,
                        fmt::format("{} outcomes are not confirmed by the server", waiting),
                        "let the agent reach the server: it sends them at every connection"});
}

}  // namespace

void look_at_folders(Control& control, Findings& findings) {
    look_at_state_dir(control, findings);
    look_at_install_root(control, findings);
    look_at_space(control, findings);
}

void look_at_programs(Control& control, Findings& findings) {
    for (const ProgramSettings& program : control.settings().programs)
        look_at_program(control, program, findings);
}

void look_at_server_side(Control& control, Findings& findings) {
    look_at_key(control, findings);
    look_at_server(control, findings);
    look_at_ca(control, findings);
    look_at_outcomes(control, findings);
}

}  // namespace update::doctor
