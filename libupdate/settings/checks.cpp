#include "settings/checks.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <set>

#include "base/grammar.hpp"

namespace update {
namespace {

using Found = std::optional<KeyProblem>;

Found wrong(std::string key, std::string what, std::string cure) {
    return KeyProblem{std::move(key), {std::move(what), std::move(cure)}};
}

Found check_folders(const Settings& s) {
    if (s.install_root.empty())
        return wrong("install_root", "is missing", "write the folder that the artifacts live below");
    if (s.state_dir.empty())
        return wrong("state_dir", "is missing", "write a folder of its own for journal and staging");
    for (const auto& [key, folder] :
         {std::pair{"install_root", &s.install_root}, std::pair{"state_dir", &s.state_dir}})
        if (!folder->has_relative_path())
            return wrong(key, "is the root of a volume", "write a folder below it");
    // As Windows compares names; elsewhere, too, so that one file means the same.
    if (ascii_lower(s.state_dir.generic_string()) == ascii_lower(s.install_root.generic_string()))
        return wrong("state_dir", "is the same folder as install_root", "write a folder of its own");
    return std::nullopt;
}

/// Our own units, locks and sockets have these names.
bool is_taken(std::string_view name) {
    return name == "watchdog" || name == "helper" || name == "guardian" || name == "rescue";
}

/// Linux program names become file names (`run/<name>.pid`), paths are replaced one by one: neither may
/// repeat.
Found check_programs(const Settings& s) {
    std::set<std::string> names, paths;
    if (!s.watchdog_path.empty()) paths.insert(ascii_lower(s.watchdog_path));
    for (const ProgramSettings& program : s.programs) {
        if (program.path.empty())
            return wrong("programs", "there is a program without path",
                         R"(write [[programs]] and below it path = "bin/agent")");
        if (is_taken(ascii_lower(program.name)))
            return wrong("programs", "a program is called as one of the product's own",
                         "give it another name than watchdog, helper, guardian and rescue");
        if (!names.insert(ascii_lower(program.name)).second)
            return wrong("programs", "two programs have the same name", "give each a name of its own");
        if (!paths.insert(ascii_lower(program.path)).second)
            return wrong("programs", "two programs have the same path",
                         "list each program once, the watchdog not at all");
    }
    return std::nullopt;
}

/// "wss://h/x" is checked as "https://h/x": the same grammar but for the fragment, which RFC 6455 forbids.
Status check_socket_url(const std::string& url) {
    constexpr std::string_view scheme = "wss://";
    if (url.find('#') != std::string::npos) return Error{ErrorCode::refused, "contains a fragment ('#')"};
    return check_url("https://" + url.substr(scheme.size()));
}

/// The agent's key goes over this link, so there is no exception for tests as there is for downloads.
Found check_server(const Settings& s) {
    const std::string cure = "write wss://host:port/agent";
    const std::string& url = s.server_url;
    if (url.empty()) return std::nullopt;
    if (url.starts_with("ws://")) return wrong("server_url", "is not encrypted", cure);
    if (!url.starts_with("wss://")) return wrong("server_url", "is no WebSocket address", cure);
    if (const auto checked = check_socket_url(url); !checked)
        return wrong("server_url", checked.error().message(), cure);
    return std::nullopt;
}

Found check_trust(const Settings& s) {
    const TrustSettings& trust = s.trust;
    // Without repositories: bundles are carried in.
    if (trust.root.empty() && !trust.repositories.empty())
        return wrong("trust.root", "is missing", "write the path of the root.json that was shipped");
    for (const Repository& repository : trust.repositories)
        for (const std::string* url : {&repository.metadata, &repository.targets})
            if (url->starts_with("http://") && !s.transfer.allow_http)
                return wrong("trust.repositories", "is not encrypted",
                             "write https://, or set transfer.allow_http = true");
    return std::nullopt;
}

Found check_proxy(const Settings& s) {
    const std::string& proxy = s.transfer.proxy;
    if (proxy.empty()) return std::nullopt;
    for (const std::string_view scheme : {"http://", "https://", "socks5://", "socks5h://"})
        if (proxy.starts_with(scheme) && proxy.size() > scheme.size() && proxy.find(' ') == std::string::npos)
            return std::nullopt;
    return wrong("transfer.proxy", "is no proxy address",
                 "write http://host:port, https://…, socks5://… or socks5h://…");
}

Found check_backoff(const std::string& section, milliseconds first, milliseconds max) {
    if (first <= max) return std::nullopt;
    return wrong(section + ".backoff_first", "is longer than backoff_max", "make it the shorter one");
}

bool is_host_and_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const auto host = text.substr(0, colon), port = text.substr(colon + 1);
    const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
    if (!bracketed && host.find_first_of("[]:/@ ") != std::string_view::npos) return false;
    unsigned number = 0;
    const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
    return problem == std::errc{} && end == port.data() + port.size() && number >= 1 && number <= 65'535;
}

bool is_web_address(const std::string& text) { return check_url(text) && !text.starts_with("file:"); }

Found check_probe_target(const Probe& probe) {
    const std::string key = "trial.probe.target";
    if (probe.kind == Readiness::tcp) {
        if (!is_host_and_port(probe.target))
            return wrong(key, "is no host and port", R"(write it as "127.0.0.1:22" or "[::1]:22")");
    } else if (probe.kind == Readiness::http) {
        if (!is_web_address(probe.target))
            return wrong(key, "is no web address", "write http://host:port/path or https://…");
    } else if (!probe.target.empty()) {
        return wrong(key, "means nothing with this kind of probe",
                     R"(remove it, or set kind = "tcp" or "http")");
    }
    return std::nullopt;
}

Found check_probe_command(const Probe& probe) {
    const std::string key = "trial.probe.command";
    if (probe.kind != Readiness::command) {
        if (probe.command.empty()) return std::nullopt;
        return wrong(key, "means nothing with this kind of probe", R"(remove it, or set kind = "command")");
    }
    // No search along PATH: the watchdog runs it with its own rights.
    if (probe.command.empty() || !std::filesystem::path{probe.command.front()}.is_absolute())
        return wrong(key, "does not begin with the absolute path of a program",
                     R"(write it as ["/usr/bin/test", "…"])");
    return std::nullopt;
}

Found check_trial(const TrialSettings& trial) {
    if (trial.probe.kind == Readiness::process_age && trial.probe.age >= trial.ready_timeout)
        return wrong("trial.probe.age", "is not reached within trial.ready_timeout",
                     "make it shorter, or ready_timeout longer");
    if (auto found = check_probe_target(trial.probe)) return found;
    return check_probe_command(trial.probe);
}

/// A look at a volume, a bus or a large file that takes its time is no hang; half of it passes between two
/// signs of life.
Found check_service(const ServiceSettings& service) {
    using namespace std::chrono_literals;
    const milliseconds life = service.watchdog_timeout;
    if (life == 0ms || life >= 10s) return std::nullopt;
    return wrong("service.watchdog_timeout", "is so short that a busy machine looks like a hang",
                 R"(write "10s" or more, or "0s" for never)");
}

}  // namespace

std::optional<KeyProblem> check_together(const Settings& s) {
    if (auto found = check_folders(s)) return found;
    if (auto found = check_programs(s)) return found;
    if (auto found = check_server(s)) return found;
    if (auto found = check_trust(s)) return found;
    if (auto found = check_proxy(s)) return found;
    if (auto found = check_backoff("transfer", s.transfer.backoff_first, s.transfer.backoff_max))
        return found;
    if (auto found = check_backoff("supervision", s.supervision.backoff_first, s.supervision.backoff_max))
        return found;
    if (auto found = check_service(s.service)) return found;
    return check_trial(s.trial);
}

}  // namespace update
