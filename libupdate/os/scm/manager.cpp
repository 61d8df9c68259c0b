#include "os/scm/manager.hpp"

#include <fmt/format.h>
#include <vector>

#include "os/os_error.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

SC_HANDLE raw(const ServiceHandle& handle) { return handle.as<SC_HANDLE>(); }

Result<SERVICE_STATUS_PROCESS> status_of(const ServiceHandle& service, const std::string& name) {
    SERVICE_STATUS_PROCESS status{};
    DWORD needed = 0;
    if (::QueryServiceStatusEx(raw(service), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status),
                               sizeof status, &needed) == 0)
        return last_error("ask for the state of service " + name);
    return status;
}

ScmPhase phase_of(DWORD state) {
    switch (state) {
        case SERVICE_STOPPED:
            return ScmPhase::stopped;
        case SERVICE_START_PENDING:
            return ScmPhase::starting;
        case SERVICE_STOP_PENDING:
            return ScmPhase::stopping;
        case SERVICE_PAUSED:
        case SERVICE_PAUSE_PENDING:
        case SERVICE_CONTINUE_PENDING:
            return ScmPhase::paused;
        default:
            return ScmPhase::running;
    }
}

}  // namespace

Result<ServiceHandle> open_manager(unsigned long access) {
    ServiceHandle manager{::OpenSCManagerW(nullptr, nullptr, access)};
    if (!manager) return last_error("reach the service manager");
    return manager;
}

Result<ServiceHandle> open_service(const std::string& name, unsigned long access) {
    UPDATE_TRY(manager, open_manager(SC_MANAGER_CONNECT), "service " + name);
    UPDATE_TRY(wide, to_wide(name), "service " + name);
    ServiceHandle service{::OpenServiceW(raw(manager), wide.c_str(), access)};
    if (service) return service;
    const auto error = static_cast<int>(::GetLastError());
    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        return Error{ErrorCode::not_found,
                     fmt::format("service {} is not installed; updatectl service install", name)};
    return os_error(error, "open service " + name);
}

Result<ScmState> ScmManager::state(const std::string& name) {
    UPDATE_TRY(service, open_service(name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG), "state");
    UPDATE_TRY(status, status_of(service, name), "state");
    constexpr DWORD most = 8192;  // of a configuration, says its documentation
    std::vector<std::uint64_t> memory(most / sizeof(std::uint64_t));
    auto* config = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(memory.data());
    DWORD needed = 0;
    if (::QueryServiceConfigW(raw(service), config, most, &needed) == 0)
        return last_error("ask for the start type of service " + name);
    return ScmState{phase_of(status.dwCurrentState), status.dwProcessId, status.dwWin32ExitCode,
                    status.dwServiceSpecificExitCode, start_type_of(config->dwStartType)};
}

Status ScmManager::start(const std::string& name) {
    UPDATE_TRY(service, open_service(name, SERVICE_START), "start");
    if (::StartServiceW(raw(service), 0, nullptr) != 0) return done();
    const auto error = static_cast<int>(::GetLastError());
    if (error == ERROR_SERVICE_ALREADY_RUNNING) return done();
    return os_error(error, "start service " + name);
}

Status ScmManager::ask_to_stop(const std::string& name) {
    UPDATE_TRY(service, open_service(name, SERVICE_STOP), "stop");
    SERVICE_STATUS status{};
    if (::ControlService(raw(service), SERVICE_CONTROL_STOP, &status) != 0) return done();
    const auto error = static_cast<int>(::GetLastError());
    if (error == ERROR_SERVICE_NOT_ACTIVE) return done();
    return os_error(error, "stop service " + name);
}

}  // namespace update
