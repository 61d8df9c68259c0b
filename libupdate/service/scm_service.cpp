#include "service/scm_service.hpp"

#include <fmt/format.h>

#include "layout/layout.hpp"
#include "service/scm_command_line.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using Kind = FailureAction::Kind;

constexpr auto restart_delay = 10s;  // soon enough for people, and not so soon that a loop costs a processor
constexpr auto forget_after = 24h;

bool knows_libupdate(const Settings& settings, const ProgramSettings& program) {
    return program.name == settings.programs.front().name && settings.trial.probe.kind == Readiness::reported;
}

/// "service NAME" comes first: it is how a program learns that the SCM started it, and under which name.
std::vector<std::string> as_service(const std::string& image, const std::string& name,
                                    const std::vector<std::string>& arguments) {
    std::vector<std::string> words{image, "service", name};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

std::string image(const Settings& settings, const std::string& path) {
    std::string text = (settings.install_root / path).string();
    for (char& c : text)
        if (c == '/') c = '\\';
    return text;
}

Recovery plain_recovery() { return {{{Kind::restart, restart_delay}}, forget_after, "", true}; }

Recovery guarded_recovery(const Settings& settings, const ProgramSettings& agent) {
    std::string guard = Layout{settings}.guard(agent).string();
    for (char& c : guard)
        if (c == '/') c = '\\';
    std::vector<std::string> words{guard};
    words.insert(words.end(), agent.arguments.begin(), agent.arguments.end());
    words.emplace_back("--update-rescue");
    return {{{Kind::restart, restart_delay}, {Kind::run_command, restart_delay}},
            forget_after,
            windows_command_line(words),
            true};
}

ScmService program_service(const Settings& settings, const ProgramSettings& program) {
    const bool ours = knows_libupdate(settings, program);
    ScmService service;
    service.name = service_name(settings, program);
    service.display_name = fmt::format("{} {}", settings.product, program.name);
    service.description = fmt::format("The program {} of {}.", program.name, settings.product);
    const std::string path = image(settings, program.path);
    std::vector<std::string> words{path};
    if (ours)
        words = as_service(path, service.name, program.arguments);
    else
        words.insert(words.end(), program.arguments.begin(), program.arguments.end());
    service.command_line = windows_command_line(words);
    service.recovery = ours ? guarded_recovery(settings, program) : plain_recovery();
    return service;
}

ScmService watchdog_service(const Settings& settings) {
    ScmService service;
    service.name = watchdog_service_name(settings);
    service.display_name = settings.product + " watchdog";
    service.description = fmt::format("Supervises {} and applies its updates.", settings.product);
    service.command_line = windows_command_line(as_service(
        image(settings, settings.watchdog_path), service.name, {"--config", settings.file.string()}));
    service.recovery = plain_recovery();
    return service;
}

std::string to_text(const FailureAction& action) {
    const double delay = std::chrono::duration<double>{action.delay}.count();
    switch (action.kind) {
        case Kind::nothing:
            return "nothing";
        case Kind::restart:
            return fmt::format("restart after {:g} s", delay);
        case Kind::run_command:
            return fmt::format("command after {:g} s", delay);
        case Kind::reboot:
            return fmt::format("reboot after {:g} s", delay);
    }
    return "unknown";
}

// --- security descriptors

/// "A;;CCLCSW;;;SY" without its parentheses.
struct Entry {
    std::string type, rights, trustee;
};

std::vector<Entry> entries_of(const std::string& dacl) {
    std::vector<Entry> entries;
    for (auto begin = dacl.find('('); begin != std::string::npos; begin = dacl.find('(', begin + 1)) {
        const auto end = dacl.find(')', begin);
        std::vector<std::string> fields(1);
        for (const char c : dacl.substr(begin + 1, end - begin - 1))
            if (c == ';')
                fields.emplace_back();
            else
                fields.back() += c;
        if (fields.size() >= 6) entries.push_back({fields[0], fields[2], fields[5]});
    }
    return entries;
}

/// DC: change the configuration. SD, WD, WO: delete, change rights, take over. GA, GW, KA, FA: all of it.
bool may_replace(const std::string& rights) {
    if (rights.starts_with("0x")) {
        constexpr unsigned long change = 0x2, standard = 0x000D0000, generic = 0x50000000;
        return (std::stoul(rights, nullptr, 16) & (change | standard | generic)) != 0;
    }
    for (std::size_t at = 0; at + 1 < rights.size(); at += 2)
        for (const std::string_view right : {"DC", "SD", "WD", "WO", "GA", "GW", "KA", "FA"})
            if (rights.compare(at, 2, right) == 0) return true;
    return false;
}

bool is_trusted(const std::string& trustee) {
    for (const std::string_view known : {"SY", "BA", "S-1-5-18", "S-1-5-32-544"})
        if (trustee == known) return true;
    return false;
}

}  // namespace

std::string service_name(const Settings& settings, const ProgramSettings& program) {
    if (!program.unit.empty()) return program.unit;
    const bool is_agent = program.name == settings.programs.front().name;
    return is_agent ? settings.product : fmt::format("{}-{}", settings.product, program.name);
}

std::string watchdog_service_name(const Settings& settings) {
    return settings.service.watchdog_unit.empty() ? settings.product + "-watchdog"
                                                  : settings.service.watchdog_unit;
}

std::vector<ScmService> scm_services(const Settings& settings) {
    std::vector<ScmService> services;
    for (const ProgramSettings& program : settings.programs)
        services.push_back(program_service(settings, program));
    if (!settings.watchdog_path.empty()) services.push_back(watchdog_service(settings));
    return services;
}

Recovery command_first(Recovery recovery) {
    if (recovery.command.empty()) return recovery;
    for (FailureAction& action : recovery.actions)
        if (action.kind == Kind::restart) action.kind = Kind::run_command;
    return recovery;
}

// The rights that Windows itself gives on new services, said aloud: SY the system, BA administrators, IU and
// SU who is logged on and other services. CC LC SW LO CR RC look; RP WP DT start, stop and pause; DC SD WD WO
// change.
const char* const service_dacl =
    "D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWLOCRRC;;;IU)"
    "(A;;CCLCSWLOCRRC;;;SU)";

std::vector<std::string> strangers_in(const std::string& dacl) {
    std::vector<std::string> strangers;
    if (dacl.find("D:") == std::string::npos || dacl.find("NO_ACCESS_CONTROL") != std::string::npos)
        return {"everybody"};  // no list at all refuses nobody
    for (const Entry& entry : entries_of(dacl)) {
        const bool allows = entry.type == "A" || entry.type == "XA";
        if (allows && may_replace(entry.rights) && !is_trusted(entry.trustee))
            strangers.push_back(entry.trustee);
    }
    return strangers;
}

std::string to_text(const ScmService& service) {
    std::string actions;
    for (const FailureAction& action : service.recovery.actions)
        actions += (actions.empty() ? "" : ", then ") + to_text(action);
    std::string text =
        fmt::format("[{}]\nDisplayName={}\nDescription={}\nImagePath={}\nStart={}\nObjectName=LocalSystem\n",
                    service.name, service.display_name, service.description, service.command_line,
                    service.delayed ? "automatic, delayed" : "automatic");
    text +=
        fmt::format("FailureActions={}\nFailureActionsOnNonCrashFailures={}\nResetPeriod={} s\n", actions,
                    service.recovery.after_exit_codes ? "yes" : "no", service.recovery.forget_after.count());
    if (!service.recovery.command.empty())
        text += fmt::format("FailureCommand={}\n", service.recovery.command);
    return text + fmt::format("Security={}\n", service_dacl);
}

}  // namespace update
