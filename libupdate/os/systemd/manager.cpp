#include "os/systemd/manager.hpp"

#include <fmt/format.h>

#include "os/systemd/connected.hpp"
#include "os/systemd/properties.hpp"

namespace update {
namespace {

// Properties are read one by one; between two equal values of this one nothing has changed.
const char* const changed_at = "StateChangeTimestampMonotonic";

struct ListedUnit {
    UnitState states;
    std::string path;
};

/// One answer with the unit's states, its job and its object; a unit that nobody has loaded is loaded for it.
template <class Connection>
Result<ListedUnit> list(const Connection& connection, const std::string& unit) {
    const std::string what = "state of " + unit;
    auto reply = connection.ask(what, "ListUnitsByNames", "as", 1, unit.c_str());
    if (!reply) return std::move(reply).error();
    const SdBus& sd = connection.sd;
    const char *load = nullptr, *active = nullptr, *sub = nullptr, *path = nullptr, *job = nullptr;
    int outcome = sd.message_enter_container(reply->get(), SD_BUS_TYPE_ARRAY, "(ssssssouso)");
    if (outcome > 0)
        outcome = sd.message_read(reply->get(), "(ssssssouso)", nullptr, nullptr, &load, &active, &sub,
                                  nullptr, &path, nullptr, &job, nullptr);
    if (outcome < 0) return BusError{sd}.meaning(outcome, what);
    if (outcome == 0) return Error{ErrorCode::retry_later, what + ": systemd does not list it"};
    ListedUnit listed;
    listed.states.load = load;
    listed.states.active = active;
    listed.states.sub = sub;
    listed.states.job = job;
    listed.path = path;
    return listed;
}

template <class Connection>
Result<UnitState> read_state(const Connection& connection, const std::string& unit,
                             Properties<Connection>& of) {
    auto listed = list(connection, unit);
    if (!listed) return std::move(listed).error();
    UnitState s = listed->states;
    s.file = of.text(bus::unit, "UnitFileState");
    s.invocation = fmt::format("{:02x}", fmt::join(of.bytes(bus::unit, "InvocationID"), ""));
    s.active_enter_us = of.number(bus::unit, "ActiveEnterTimestampMonotonic");
    s.active_exit_us = of.number(bus::unit, "ActiveExitTimestampMonotonic");
    s.result = of.text(bus::service_unit, "Result");
    s.restarts = of.unsigned_32(bus::service_unit, "NRestarts");
    s.main_pid = of.unsigned_32(bus::service_unit, "MainPID");
    s.last_pid = of.unsigned_32(bus::service_unit, "ExecMainPID");
    s.exit_kind = of.signed_32(bus::service_unit, "ExecMainCode");
    s.exit_value = of.signed_32(bus::service_unit, "ExecMainStatus");
    s.process_start_us = of.number(bus::service_unit, "ExecMainStartTimestampMonotonic");
    s.process_exit_us = of.number(bus::service_unit, "ExecMainExitTimestampMonotonic");
    return s;
}

std::string first(const std::vector<std::string>& all) { return all.empty() ? "" : all.front(); }

}  // namespace

SystemdManager::SystemdManager() = default;
SystemdManager::~SystemdManager() = default;

template <class... Arguments>
Status SystemdManager::ask(const std::string& what, const char* method, const char* types,
                           Arguments... arguments) {
    return connected([&](const Connection& c) -> Status {
        auto reply = c.ask(what, method, types, arguments...);
        return reply ? done() : Status{std::move(reply).error()};
    });
}

Result<std::string> SystemdManager::path_of(const std::string& unit) {
    std::string path;
    UPDATE_CHECK(connected([&](const Connection& c) -> Status {
                     const std::string what = "look up " + unit;
                     auto reply = c.ask(what, "LoadUnit", "s", unit.c_str());
                     if (!reply) return std::move(reply).error();
                     const char* words = nullptr;
                     const int outcome = c.sd.message_read(reply->get(), "o", &words);
                     if (outcome < 0) return BusError{c.sd}.meaning(outcome, what);
                     path = words;
                     return done();
                 }),
                 "systemd");
    return path;
}

Result<UnitState> SystemdManager::state(const std::string& unit) {
    UPDATE_TRY(path, path_of(unit), "state of " + unit);
    UnitState s;
    UPDATE_CHECK(connected([&](const Connection& c) -> Status {
                     Properties of{c, path, "state of " + unit};
                     for (int tries = 0; tries < 20; ++tries) {
                         const auto before = of.number(bus::unit, changed_at);
                         auto read = read_state(c, unit, of);
                         if (!read) return std::move(read).error();
                         const auto after = of.number(bus::unit, changed_at);
                         if (!of.status()) return of.status();
                         s = *std::move(read);
                         if (after == before) return done();
                     }
                     return Error{ErrorCode::retry_later,
                                  fmt::format("state of {}: the unit changes all the time", unit)};
                 }),
                 "systemd");
    return s;
}

Result<UnitState> SystemdManager::activity(const std::string& unit) {
    UnitState s;
    UPDATE_CHECK(connected([&](const Connection& c) -> Status {
                     auto listed = list(c, unit);
                     if (!listed) return std::move(listed).error();
                     Properties of{c, listed->path, "state of " + unit};
                     s = listed->states;
                     s.main_pid = of.unsigned_32(bus::service_unit, "MainPID");
                     return of.status();
                 }),
                 "systemd");
    return s;
}

Result<UnitRules> SystemdManager::rules(const std::string& unit) {
    UPDATE_TRY(path, path_of(unit), "settings of " + unit);
    UnitRules r;
    UPDATE_CHECK(connected([&](const Connection& c) -> Status {
                     Properties of{c, path, "settings of " + unit};
                     r.file = of.text(bus::unit, "FragmentPath");
                     r.start_limit_interval = of.time(bus::unit, "StartLimitIntervalUSec");
                     r.start_limit_burst = of.unsigned_32(bus::unit, "StartLimitBurst");
                     r.type = of.text(bus::service_unit, "Type");
                     r.restart = of.text(bus::service_unit, "Restart");
                     r.kill_mode = of.text(bus::service_unit, "KillMode");
                     r.restart_delay = of.time(bus::service_unit, "RestartUSec");
                     r.watchdog = of.time(bus::service_unit, "WatchdogUSec");
                     r.success_codes = of.codes(bus::service_unit, "SuccessExitStatus");
                     r.no_restart_codes = of.codes(bus::service_unit, "RestartPreventExitStatus");
                     r.before_start = of.programs(bus::service_unit, "ExecStartPre");
                     r.program = first(of.programs(bus::service_unit, "ExecStart"));
                     return of.status();
                 }),
                 "systemd");
    return r;
}

Status SystemdManager::job(const char* method, const std::string& unit) {
    return ask(fmt::format("{} {}", method, unit), method, "ss", unit.c_str(), "replace");
}

Status SystemdManager::start(const std::string& unit) { return job("StartUnit", unit); }
Status SystemdManager::restart(const std::string& unit) { return job("RestartUnit", unit); }
Status SystemdManager::stop(const std::string& unit) { return job("StopUnit", unit); }

Status SystemdManager::kill(const std::string& unit) {
    constexpr std::int32_t sigkill = 9;
    return ask("kill " + unit, "KillUnit", "ssi", unit.c_str(), "all", sigkill);
}

Status SystemdManager::reset_failed(const std::string& unit) {
    return ask("forget the failures of " + unit, "ResetFailedUnit", "s", unit.c_str());
}

Result<bool> SystemdManager::needs_reload(const std::string& unit) {
    UPDATE_TRY(path, path_of(unit), "files of " + unit);
    bool needed = false;
    UPDATE_CHECK(connected([&](const Connection& c) -> Status {
                     Properties of{c, path, "files of " + unit};
                     needed = of.truth(bus::unit, "NeedDaemonReload");
                     return of.status();
                 }),
                 "systemd");
    return needed;
}

Status SystemdManager::reload() { return ask("reload units", "Reload", ""); }

Status SystemdManager::enable(const std::string& unit) {
    UPDATE_CHECK(ask("enable " + unit, "EnableUnitFiles", "asbb", 1, unit.c_str(), 0, 1), "enable");
    return reload();
}

Status SystemdManager::disable(const std::string& unit) {
    UPDATE_CHECK(ask("disable " + unit, "DisableUnitFiles", "asb", 1, unit.c_str(), 0), "disable");
    return reload();
}

}  // namespace update
