#include "os/systemd/manager.hpp"

#include <fmt/format.h>

#include "os/systemd/connection.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr auto call_timeout = 10s;

using ExecCommand = sdbus::Struct<std::string, std::vector<std::string>, bool, std::uint64_t, std::uint64_t,
                                  std::uint64_t, std::uint64_t, std::uint32_t, std::int32_t, std::int32_t>;
using ExitCodes = sdbus::Struct<std::vector<std::int32_t>, std::vector<std::int32_t>>;
using Property = sdbus::Struct<std::string, sdbus::Variant>;
using Auxiliary = sdbus::Struct<std::string, std::vector<Property>>;

/// Reads properties of one object, each as the type that systemd documents.
class Reader {
 public:
    Reader(sdbus::IProxy& object, const char* interface) : object_{object}, interface_{interface} {}
    template <class T>
    T get(const char* name) {
        return object_.getProperty(name).onInterface(interface_).template get<T>();
    }
    std::string text(const char* name) { return get<std::string>(name); }
    std::uint64_t number(const char* name) { return get<std::uint64_t>(name); }
    /// "infinity" comes as the largest number.
    std::chrono::microseconds time(const char* name) {
        constexpr auto longest = std::chrono::microseconds::max();
        return std::chrono::microseconds{std::min(number(name), static_cast<std::uint64_t>(longest.count()))};
    }
    std::vector<int> codes(const char* name) { return get<ExitCodes>(name).get<0>(); }
    std::vector<std::string> programs(const char* name) {
        std::vector<std::string> paths;
        for (const ExecCommand& command : get<std::vector<ExecCommand>>(name))
            paths.push_back(command.get<0>());
        return paths;
    }

 private:
    sdbus::IProxy& object_;
    const char* interface_;
};

// Properties are read one by one; between two equal values of this one nothing has changed.
const char* const changed_at = "StateChangeTimestampMonotonic";

using ListedUnit = sdbus::Struct<std::string, std::string, std::string, std::string, std::string, std::string,
                                 sdbus::ObjectPath, std::uint32_t, std::string, sdbus::ObjectPath>;

/// One answer with the unit's states, its job and its object; a unit that nobody has loaded is loaded for it.
template <class Connection>
ListedUnit list(Connection& connection, const std::string& unit) {
    std::vector<ListedUnit> listed;
    connection.manager->callMethod("ListUnitsByNames")
        .onInterface(bus::manager)
        .withArguments(std::vector<std::string>{unit})
        .storeResultsTo(listed);
    if (listed.size() != 1)
        throw sdbus::Error{"org.freedesktop.DBus.Error.Failed", "systemd does not list it"};
    return listed.front();
}

UnitState states_of(const ListedUnit& listed) {
    UnitState s;
    s.load = listed.get<2>();
    s.active = listed.get<3>();
    s.sub = listed.get<4>();
    s.job = listed.get<8>();
    return s;
}

template <class Connection>
UnitState read_state(Connection& connection, const std::string& unit, Reader& all, Reader& service) {
    UnitState s = states_of(list(connection, unit));
    s.file = all.text("UnitFileState");
    s.invocation = fmt::format("{:02x}", fmt::join(all.get<std::vector<std::uint8_t>>("InvocationID"), ""));
    s.active_enter_us = all.number("ActiveEnterTimestampMonotonic");
    s.active_exit_us = all.number("ActiveExitTimestampMonotonic");
    s.result = service.text("Result");
    s.restarts = service.get<std::uint32_t>("NRestarts");
    s.main_pid = service.get<std::uint32_t>("MainPID");
    s.last_pid = service.get<std::uint32_t>("ExecMainPID");
    s.exit_kind = service.get<std::int32_t>("ExecMainCode");
    s.exit_value = service.get<std::int32_t>("ExecMainStatus");
    s.process_start_us = service.number("ExecMainStartTimestampMonotonic");
    s.process_exit_us = service.number("ExecMainExitTimestampMonotonic");
    return s;
}

std::string first(const std::vector<std::string>& all) { return all.empty() ? "" : all.front(); }

}  // namespace

Error bus_error(const sdbus::Error& error, const std::string& what) {
    const std::string& name = error.getName();
    const std::string text = fmt::format("{}: {} ({})", what, error.getMessage(), name);
    const auto ends_with = [&](std::string_view end) { return name.ends_with(end); };
    if (ends_with(".NoSuchUnit") || ends_with(".FileNotFound")) return {ErrorCode::not_found, text};
    if (ends_with(".AccessDenied") || ends_with(".InteractiveAuthorizationRequired"))
        return {ErrorCode::permission, text};
    if (name.starts_with("org.freedesktop.systemd1.")) return {ErrorCode::refused, text};
    return {ErrorCode::retry_later, text};
}

std::shared_ptr<SystemdManager::Connection> SystemdManager::Connection::open() {
    auto connection = std::make_shared<Connection>();
    connection->bus = sdbus::createSystemBusConnection();
    connection->bus->setMethodCallTimeout(call_timeout);
    connection->manager = connection->at(bus::root);
    return connection;
}

SystemdManager::SystemdManager() = default;
SystemdManager::~SystemdManager() = default;

template <class Call>
Status SystemdManager::guarded(const std::string& what, Call&& call) {
    try {
        if (!connection_) connection_ = Connection::open();
        call(*connection_);
        return done();
    } catch (const sdbus::Error& error) {
        Error mapped = bus_error(error, what);
        if (mapped.code() == ErrorCode::retry_later) connection_.reset();  // perhaps the bus was restarted
        return mapped;
    }
}

Result<std::string> SystemdManager::path_of(const std::string& unit) {
    sdbus::ObjectPath path;
    UPDATE_CHECK(guarded("look up " + unit,
                         [&](Connection& c) {
                             c.manager->callMethod("LoadUnit")
                                 .onInterface(bus::manager)
                                 .withArguments(unit)
                                 .storeResultsTo(path);
                         }),
                 "systemd");
    return std::string{path};
}

Result<UnitState> SystemdManager::state(const std::string& unit) {
    UPDATE_TRY(path, path_of(unit), "state of " + unit);
    UnitState s;
    UPDATE_CHECK(
        guarded("state of " + unit,
                [&](Connection& c) {
                    const auto object = c.at(path);
                    Reader all{*object, bus::unit}, service{*object, bus::service_unit};
                    for (int tries = 0; tries < 20; ++tries) {
                        const auto before = all.number(changed_at);
                        s = read_state(c, unit, all, service);
                        if (all.number(changed_at) == before) return;
                    }
                    throw sdbus::Error{"org.freedesktop.DBus.Error.Failed", "the unit changes all the time"};
                }),
        "systemd");
    return s;
}

Result<UnitState> SystemdManager::activity(const std::string& unit) {
    UnitState s;
    UPDATE_CHECK(guarded("state of " + unit,
                         [&](Connection& c) {
                             const auto listed = list(c, unit);
                             s = states_of(listed);
                             const auto object = c.at(listed.template get<6>());
                             s.main_pid = Reader{*object, bus::service_unit}.get<std::uint32_t>("MainPID");
                         }),
                 "systemd");
    return s;
}

Result<UnitRules> SystemdManager::rules(const std::string& unit) {
    UPDATE_TRY(path, path_of(unit), "settings of " + unit);
    UnitRules r;
    UPDATE_CHECK(guarded("settings of " + unit,
                         [&](Connection& c) {
                             const auto object = c.at(path);
                             Reader all{*object, bus::unit}, service{*object, bus::service_unit};
                             r.file = all.text("FragmentPath");
                             r.start_limit_interval = all.time("StartLimitIntervalUSec");
                             r.start_limit_burst = all.get<std::uint32_t>("StartLimitBurst");
                             r.type = service.text("Type");
                             r.restart = service.text("Restart");
                             r.kill_mode = service.text("KillMode");
                             r.restart_delay = service.time("RestartUSec");
                             r.watchdog = service.time("WatchdogUSec");
                             r.success_codes = service.codes("SuccessExitStatus");
                             r.no_restart_codes = service.codes("RestartPreventExitStatus");
                             r.before_start = service.programs("ExecStartPre");
                             r.program = first(service.programs("ExecStart"));
                         }),
                 "systemd");
    return r;
}

Status SystemdManager::job(const char* method, const std::string& unit) {
    return guarded(fmt::format("{} {}", method, unit), [&](Connection& c) {
        c.manager->callMethod(method).onInterface(bus::manager).withArguments(unit, std::string{"replace"});
    });
}

Status SystemdManager::start(const std::string& unit) { return job("StartUnit", unit); }
Status SystemdManager::restart(const std::string& unit) { return job("RestartUnit", unit); }
Status SystemdManager::stop(const std::string& unit) { return job("StopUnit", unit); }

Status SystemdManager::kill(const std::string& unit) {
    constexpr std::int32_t sigkill = 9;
    return guarded("kill " + unit, [&](Connection& c) {
        c.manager->callMethod("KillUnit")
            .onInterface(bus::manager)
            .withArguments(unit, std::string{"all"}, sigkill);
    });
}

Status SystemdManager::reset_failed(const std::string& unit) {
    return guarded("forget the failures of " + unit, [&](Connection& c) {
        c.manager->callMethod("ResetFailedUnit").onInterface(bus::manager).withArguments(unit);
    });
}

Result<bool> SystemdManager::needs_reload(const std::string& unit) {
    UPDATE_TRY(path, path_of(unit), "files of " + unit);
    bool needed = false;
    UPDATE_CHECK(guarded("files of " + unit,
                         [&](Connection& c) {
                             const auto object = c.at(path);
                             needed = Reader{*object, bus::unit}.get<bool>("NeedDaemonReload");
                         }),
                 "systemd");
    return needed;
}

Status SystemdManager::reload() {
    return guarded("reload units",
                   [](Connection& c) { c.manager->callMethod("Reload").onInterface(bus::manager); });
}

Status SystemdManager::enable(const std::string& unit) {
    return guarded("enable " + unit, [&](Connection& c) {
        c.manager->callMethod("EnableUnitFiles")
            .onInterface(bus::manager)
            .withArguments(std::vector<std::string>{unit}, false, true);
        c.manager->callMethod("Reload").onInterface(bus::manager);
    });
}

Status SystemdManager::disable(const std::string& unit) {
    return guarded("disable " + unit, [&](Connection& c) {
        c.manager->callMethod("DisableUnitFiles")
            .onInterface(bus::manager)
            .withArguments(std::vector<std::string>{unit}, false);
        c.manager->callMethod("Reload").onInterface(bus::manager);
    });
}

Status SystemdManager::start_transient(const std::string& unit, const std::string& description,
                                       const Command& command, const std::vector<std::string>& environment,
                                       int answers) {
    return guarded("start " + unit, [&](Connection& c) {
        std::vector<std::string> words{command.program.string()};
        words.insert(words.end(), command.arguments.begin(), command.arguments.end());
        using Exec = sdbus::Struct<std::string, std::vector<std::string>, bool>;
        const std::vector<Property> properties{
            {"Description", sdbus::Variant{description}},
            {"Type", sdbus::Variant{std::string{"exec"}}},
            {"CollectMode", sdbus::Variant{std::string{"inactive-or-failed"}}},
            {"Environment", sdbus::Variant{environment}},
            // Killed between the agent's stop and its start, it must come again: nobody else is there then.
            {"Restart", sdbus::Variant{std::string{"on-failure"}}},
            {"RestartUSec", sdbus::Variant{std::uint64_t{1'000'000}}},
            {"StandardOutputFileDescriptor", sdbus::Variant{sdbus::UnixFd{answers}}},
            {"ExecStart", sdbus::Variant{std::vector<Exec>{Exec{command.program.string(), words, false}}}},
        };
        c.manager->callMethod("StartTransientUnit")
            .onInterface(bus::manager)
            .withArguments(unit, std::string{"fail"}, properties, std::vector<Auxiliary>{});
    });
}

}  // namespace update
