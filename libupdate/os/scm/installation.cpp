// The services in the SCM's database: made, repaired, read back, removed.
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <thread>

#include "layout/layout.hpp"
#include "os/event_log.hpp"
#include "os/product_folder.hpp"
#include "os/scm/manager.hpp"
#include "os/scm/service_process.hpp"
#include "os/service_manager.hpp"
#include "service/scm_command_line.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using Changes = std::vector<std::string>;
constexpr int removal_rounds = 3;
constexpr std::chrono::milliseconds watchdog_patience = 30s, removal_look = 50ms;

bool is_absent(const Error& error) { return error.code() == ErrorCode::not_found; }

std::string words_for(const ScmChanges& changes) {
    std::string text;
    const auto add = [&](bool changed, const char* what) {
        if (changed) text += (text.empty() ? "" : ", ") + std::string{what};
    };
    add(changes.command_line, "command line");
    add(changes.names, "names");
    add(changes.delayed, "delayed start");
    add(changes.recovery, "recovery");
    add(changes.dacl, "security");
    return text;
}

/// What to write into a service that exists: all of ours, of somebody else's only what it lacks.
ScmService adapted(ScmService wanted, const ScmConfig& now, MadeBy by) {
    if (by == MadeBy::others) wanted.command_line = without_ambiguity(now.command_line);
    return wanted;
}

/// One endpoint's services, for one command.
class Installation {
 public:
    explicit Installation(const Settings& settings) : settings_{settings} {}

    ScmManager& manager() { return manager_; }

    /// Makes it where it is missing, mends it where it is not what an update needs, and looks whether that
    /// holds.
    Status bring_up_to_date(const ScmService& wanted, Changes& changes) {
        const std::string what = "repair service " + wanted.name;
        auto now = manager_.config(wanted.name);
        if (!now && is_absent(now.error())) {
            UPDATE_CHECK(manager_.create(wanted), what);
            UPDATE_CHECK(register_event_source(wanted.name), what);
            changes.push_back(fmt::format("service {} was missing: created", wanted.name));
            return read_back(wanted, MadeBy::us);
        }
        if (!now) return std::move(now).error().in(what);
        const MadeBy by = is_ours(*now, settings_) ? MadeBy::us : MadeBy::others;
        if (by == MadeBy::us) UPDATE_CHECK(give_event_source(wanted.name, changes), what);
        const ScmChanges due = changes_for(*now, wanted, by);
        if (!due.any()) return done();
        UPDATE_CHECK(manager_.change(adapted(wanted, *now, by), due), what);
        UPDATE_CHECK(read_back(wanted, by), what);
        changes.push_back(fmt::format("service {}: {}: mended", wanted.name, words_for(due)));
        return done();
    }

    Status start_unless_held(const std::string& name, Changes& changes) {
        UPDATE_TRY(now, manager_.state(name), "start " + name);
        if (!is_down(now) || is_held(now, ScmStop::by_others)) return done();
        UPDATE_CHECK(manager_.start(name), "start " + name);
        changes.push_back(fmt::format("service {} was stopped: started", name));
        return done();
    }

    /// @return false for somebody else's, which stays
    Result<bool> take_away(const ScmService& service) {
        auto now = manager_.config(service.name);
        if (!now && is_absent(now.error())) return true;
        if (!now) return std::move(now).error().in("remove");
        if (!is_ours(*now, settings_)) return false;
        UPDATE_CHECK(stop_for_good(manager_, service.name, patience_for(service.name)),
                     "remove service " + service.name);
        UPDATE_CHECK(unregister_event_source(service.name), "remove service " + service.name);
        auto removed = manager_.remove(service.name);
        if (!removed && !is_absent(removed.error())) return std::move(removed).error();
        return true;
    }

    /// It still is there and ours, once whoever has it open let go.
    Result<bool> is_left(const ScmService& service) {
        const auto patience = std::chrono::steady_clock::now() + 1s;
        for (;;) {
            auto now = manager_.config(service.name);
            if (!now && is_absent(now.error())) return false;
            if (!now) return std::move(now).error();
            if (!is_ours(*now, settings_)) return false;
            if (std::chrono::steady_clock::now() >= patience) return true;
            std::this_thread::sleep_for(removal_look);
        }
    }

 private:
    /// A service that a package created has none.
    static Status give_event_source(const std::string& name, Changes& changes) {
        UPDATE_TRY(is_there, is_event_source(name), "source of events");
        if (is_there) return done();
        UPDATE_CHECK(register_event_source(name), "source of events");
        changes.push_back(fmt::format("service {}: source of events was missing: made", name));
        return done();
    }

    Status read_back(const ScmService& wanted, MadeBy by) {
        UPDATE_TRY(now, manager_.config(wanted.name), "read back");
        const ScmChanges left = changes_for(now, wanted, by);
        if (!left.any()) return done();
        return Error{ErrorCode::refused,
                     fmt::format("service {} does not keep its {}: a policy or another program resets it",
                                 wanted.name, words_for(left))};
    }

    /// As long as its program is given, and no longer: one that hangs must not keep itself from being
    /// removed.
    std::chrono::milliseconds patience_for(const std::string& name) {
        for (const ProgramSettings& program : settings_.programs)
            if (service_name(settings_, program) == name) return program.stop_timeout;
        return watchdog_patience;
    }

    const Settings& settings_;
    ScmManager manager_;
};

}  // namespace

namespace {

/// The usual place: C:\ProgramData\<product>\state. Other places are the administrator's.
Status close_folder_of(const Settings& settings) {
    const Path folder = settings.state_dir.parent_path();
    return folder.filename() == settings.product ? close_product_folder(folder) : done();
}

}  // namespace

Status service_manager::install(const Settings& settings, Files& files, Start start) {
    Installation installation{settings};
    const auto wanted = scm_services(settings);
    for (const ScmService& service : wanted) {
        auto now = installation.manager().config(service.name);
        if (!now && is_absent(now.error())) continue;
        if (!now) return std::move(now).error().in("install");
        if (!is_ours(*now, settings))
            return Error{
                ErrorCode::refused,
                fmt::format("service {} runs {}, which is not ours; updatectl service repair mends it",
                            service.name, now->command_line)};
    }
    UPDATE_CHECK(close_folder_of(settings), "install");
    UPDATE_CHECK(files.make_private_directory(settings.state_dir), "install");
    Changes changes;
    for (const ScmService& service : wanted)
        UPDATE_CHECK(installation.bring_up_to_date(service, changes), "install");
    if (start == Start::no) return done();
    for (const ScmService& service : wanted)
        UPDATE_CHECK(installation.manager().start(service.name), "install");
    return done();
}

/// Agent and watchdog look after each other: one that begins just now may bring the other back.
Status service_manager::remove(const Settings& settings, Files&) {
    Installation installation{settings};
    for (int round = 1;; ++round) {
        const auto services = scm_services(settings);
        // The watchdog first: it would start again what is stopped.
        for (auto service = services.rbegin(); service != services.rend(); ++service)
            UPDATE_CHECK(installation.take_away(*service), "remove");
        std::string left;
        for (const ScmService& service : services) {
            UPDATE_TRY(is_left, installation.is_left(service), "remove");
            if (is_left) left = service.name;
        }
        if (left.empty()) return done();
        if (round == removal_rounds)
            return Error{
                ErrorCode::retry_later,
                fmt::format("service {} is still there; close all windows that show services", left)};
    }
}

Result<std::vector<std::string>> service_manager::repair(const Settings& settings, Files&) {
    UPDATE_CHECK(close_folder_of(settings), "repair");
    Installation installation{settings};
    Changes changes;
    for (const ScmService& service : scm_services(settings))
        UPDATE_CHECK(installation.bring_up_to_date(service, changes), "repair");
    if (!settings.watchdog_path.empty())
        UPDATE_CHECK(installation.start_unless_held(watchdog_service_name(settings), changes), "repair");
    return changes;
}

Result<std::vector<std::string>> service_manager::ensure_watchdog(const Settings& settings, Files&) {
    Changes changes;
    if (settings.watchdog_path.empty()) return changes;
    Installation installation{settings};
    for (const ScmService& service : scm_services(settings)) {
        if (service.name != watchdog_service_name(settings)) continue;
        UPDATE_CHECK(installation.bring_up_to_date(service, changes), "watchdog");
        UPDATE_CHECK(installation.start_unless_held(service.name, changes), "watchdog");
    }
    return changes;
}

Status service_manager::restart_watchdog(const Settings& settings) {
    const std::string name = watchdog_service_name(settings);
    ScmManager manager;
    UPDATE_CHECK(stop_for_good(manager, name, watchdog_patience), "restart watchdog");
    return manager.start(name);
}

namespace {

/// Only the version that proved itself can make it.
std::optional<Finding> missing_guard(const Settings& settings, const std::string& service) {
    const Path guard = Layout{settings}.guard(settings.programs.front());
    std::error_code problem;
    if (is_regular_file(std::filesystem::status(guard, problem))) return std::nullopt;
    return Finding{
        false, fmt::format("nobody counts the starts: {} is missing", guard.string()),
        fmt::format("sc.exe stop {0}, and sc.exe start {0}: the agent makes it at its start", service)};
}

}  // namespace

Result<std::vector<Finding>> service_manager::check_agent(const Settings& settings) {
    ScmManager manager;
    const ScmService wanted = scm_services(settings).front();
    UPDATE_TRY(now, manager.config(wanted.name), "service of the agent");
    auto findings = check_recovery(now, wanted, settings);
    if (wanted.recovery.command.empty()) return findings;
    if (auto missing = missing_guard(settings, wanted.name)) findings.push_back(std::move(*missing));
    return findings;
}

Status service_manager::prepare_exchange(const Settings& settings) {
    ScmManager manager;
    ScmService wanted = scm_services(settings).front();
    UPDATE_TRY(before, manager.config(wanted.name), "prepare the exchange");
    // Wine's manager knows no recovery.
    if (!before.recovery || *before.recovery == command_first(*before.recovery)) return done();
    wanted.recovery = command_first(*before.recovery);
    UPDATE_CHECK(manager.change(wanted, {.recovery = true}), "prepare the exchange");
    UPDATE_TRY(after, manager.config(wanted.name), "prepare the exchange");
    if (after.recovery == wanted.recovery) return done();
    return Error{ErrorCode::refused, fmt::format("service {} does not keep its recovery", wanted.name)};
}

Result<bool> service_manager::is_agent_start_asked_for(const Settings&) { return false; }

std::vector<service_manager::ServiceCheck> service_manager::check_others(const Settings& settings) {
    ScmManager manager;
    std::vector<ServiceCheck> checks;
    const auto wanted = scm_services(settings);
    for (std::size_t n = 1; n < wanted.size(); ++n) {
        auto now = manager.config(wanted[n].name);
        checks.push_back({wanted[n].name, now ? Result{check_recovery(*now, wanted[n], settings)}
                                              : Result<std::vector<Finding>>{std::move(now).error()}});
    }
    return checks;
}

Result<bool> service_manager::is_agent_held(const Settings& settings) {
    ScmManager manager;
    UPDATE_TRY(now, manager.state(service_name(settings, settings.programs.front())), "service of the agent");
    return now.start == StartType::disabled;
}

}  // namespace update
