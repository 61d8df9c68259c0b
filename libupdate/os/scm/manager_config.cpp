// How the SCM has a service: read, made, changed.
#include <fmt/format.h>
#include <optional>
#include <vector>

#include "os/os_error.hpp"
#include "os/scm/manager.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <sddl.h>

namespace update {
namespace {

constexpr DWORD most_bytes = 8192;  // of any answer about a configuration, says the documentation
constexpr DWORD own_process = SERVICE_WIN32_OWN_PROCESS;

SC_HANDLE raw(const ServiceHandle& handle) { return handle.as<SC_HANDLE>(); }
std::string text(const wchar_t* wide) { return wide == nullptr ? std::string{} : to_utf8(wide); }

/// Aligned for whatever structure the manager writes into it.
struct Answer {
    std::vector<std::uint64_t> memory = std::vector<std::uint64_t>(most_bytes / sizeof(std::uint64_t));
    template <class T>
    T* as() {
        return reinterpret_cast<T*>(memory.data());
    }
    BYTE* bytes() { return reinterpret_cast<BYTE*>(memory.data()); }
};

/// @return nothing where this manager does not know such a part
Result<std::optional<Answer>> ask(const ServiceHandle& service, DWORD part, const std::string& what) {
    Answer answer;
    DWORD needed = 0;
    if (::QueryServiceConfig2W(raw(service), part, answer.bytes(), most_bytes, &needed) != 0)
        return std::optional{std::move(answer)};
    const auto error = static_cast<int>(::GetLastError());
    if (error == ERROR_INVALID_LEVEL) return std::optional<Answer>{};
    return os_error(error, "ask for " + what);
}

Status tell(const ServiceHandle& service, DWORD part, void* value, const std::string& what) {
    if (::ChangeServiceConfig2W(raw(service), part, value) != 0) return done();
    const auto error = static_cast<int>(::GetLastError());
    if (error == ERROR_INVALID_LEVEL) return done();  // it does not know it when it is read back, either
    return os_error(error, "change " + what);
}

FailureAction action_of(const SC_ACTION& action) {
    using Kind = FailureAction::Kind;
    const std::chrono::milliseconds delay{action.Delay};
    switch (action.Type) {
        case SC_ACTION_RESTART:
            return {Kind::restart, delay};
        case SC_ACTION_RUN_COMMAND:
            return {Kind::run_command, delay};
        case SC_ACTION_REBOOT:
            return {Kind::reboot, delay};
        default:
            return {Kind::nothing, delay};
    }
}

SC_ACTION action_of(const FailureAction& action) {
    using Kind = FailureAction::Kind;
    const auto delay = static_cast<DWORD>(action.delay.count());
    switch (action.kind) {
        case Kind::restart:
            return {SC_ACTION_RESTART, delay};
        case Kind::run_command:
            return {SC_ACTION_RUN_COMMAND, delay};
        case Kind::reboot:
            return {SC_ACTION_REBOOT, delay};
        case Kind::nothing:
            break;
    }
    return {SC_ACTION_NONE, delay};
}

Result<std::optional<Recovery>> read_recovery(const ServiceHandle& service) {
    UPDATE_TRY(actions, ask(service, SERVICE_CONFIG_FAILURE_ACTIONS, "recovery actions"), "recovery");
    UPDATE_TRY(flag, ask(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, "failure actions flag"), "recovery");
    if (!actions || !flag) return std::optional<Recovery>{};
    const auto* found = actions->as<SERVICE_FAILURE_ACTIONSW>();
    Recovery recovery;
    for (DWORD n = 0; found->lpsaActions != nullptr && n < found->cActions; ++n)
        recovery.actions.push_back(action_of(found->lpsaActions[n]));
    recovery.forget_after = std::chrono::seconds{found->dwResetPeriod};
    recovery.command = text(found->lpCommand);
    recovery.after_exit_codes =
        flag->as<SERVICE_FAILURE_ACTIONS_FLAG>()->fFailureActionsOnNonCrashFailures != 0;
    return std::optional{std::move(recovery)};
}

Result<std::string> read_dacl(const ServiceHandle& service) {
    Answer answer;
    DWORD needed = 0;
    if (::QueryServiceObjectSecurity(raw(service), DACL_SECURITY_INFORMATION, answer.bytes(), most_bytes,
                                     &needed) == 0)
        return last_error("ask who may change the service");
    wchar_t* found = nullptr;
    if (::ConvertSecurityDescriptorToStringSecurityDescriptorW(
            answer.bytes(), SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &found, nullptr) == 0)
        return last_error("read who may change the service");
    const LocalMemory owner{found};
    return text(found);
}

Status write_recovery(const ServiceHandle& service, const Recovery& recovery) {
    UPDATE_TRY(command, to_wide(recovery.command), "recovery command");
    std::vector<SC_ACTION> actions;
    for (const FailureAction& action : recovery.actions) actions.push_back(action_of(action));
    SERVICE_FAILURE_ACTIONSW wanted{};
    wanted.dwResetPeriod = static_cast<DWORD>(recovery.forget_after.count());
    wanted.lpCommand = command.data();  // an empty one takes a command away, none would leave it
    wanted.cActions = static_cast<DWORD>(actions.size());
    wanted.lpsaActions = actions.data();
    UPDATE_CHECK(tell(service, SERVICE_CONFIG_FAILURE_ACTIONS, &wanted, "recovery actions"), "recovery");
    SERVICE_FAILURE_ACTIONS_FLAG flag{recovery.after_exit_codes ? TRUE : FALSE};
    return tell(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag, "failure actions flag");
}

Status write_dacl(const ServiceHandle& service) {
    UPDATE_TRY(wide, to_wide(service_dacl), "security of services");
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(wide.c_str(), SDDL_REVISION_1, &descriptor,
                                                               nullptr) == 0)
        return last_error("read " + std::string{service_dacl});
    const LocalMemory owner{descriptor};
    if (::SetServiceObjectSecurity(raw(service), DACL_SECURITY_INFORMATION, descriptor) == 0)
        return last_error("change who may change the service");
    return done();
}

Status write_description(const ServiceHandle& service, const ScmService& wanted) {
    UPDATE_TRY(wide, to_wide(wanted.description), "description");
    SERVICE_DESCRIPTIONW description{wide.data()};
    return tell(service, SERVICE_CONFIG_DESCRIPTION, &description, "description");
}

Status write_delay(const ServiceHandle& service, const ScmService& wanted) {
    SERVICE_DELAYED_AUTO_START_INFO delayed{wanted.delayed ? TRUE : FALSE};
    return tell(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed, "delayed start");
}

/// Empty texts leave what is there.
Status write_basics(const ServiceHandle& service, const std::string& command_line,
                    const std::string& display_name) {
    UPDATE_TRY(command, to_wide(command_line), "command line");
    UPDATE_TRY(name, to_wide(display_name), "display name");
    if (::ChangeServiceConfigW(raw(service), SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                               command.empty() ? nullptr : command.c_str(), nullptr, nullptr, nullptr,
                               nullptr, nullptr, name.empty() ? nullptr : name.c_str()) == 0)
        return last_error("change command line or name");
    return done();
}

}  // namespace

StartType start_type_of(unsigned long type) {
    switch (type) {
        case SERVICE_AUTO_START:
            return StartType::automatic;
        case SERVICE_DEMAND_START:
            return StartType::manual;
        case SERVICE_DISABLED:
            return StartType::disabled;
        default:
            return StartType::other;
    }
}

Result<ScmConfig> ScmManager::config(const std::string& name) {
    const std::string what = "configuration of service " + name;
    UPDATE_TRY(service, open_service(name, SERVICE_QUERY_CONFIG | READ_CONTROL), what);
    Answer basics;
    DWORD needed = 0;
    auto* found = basics.as<QUERY_SERVICE_CONFIGW>();
    if (::QueryServiceConfigW(raw(service), found, most_bytes, &needed) == 0)
        return last_error("ask for " + what);
    ScmConfig config;
    config.start = start_type_of(found->dwStartType);
    config.command_line = text(found->lpBinaryPathName);
    config.account = text(found->lpServiceStartName);
    config.display_name = text(found->lpDisplayName);
    UPDATE_TRY(description, ask(service, SERVICE_CONFIG_DESCRIPTION, "description"), what);
    if (description) config.description = text(description->as<SERVICE_DESCRIPTIONW>()->lpDescription);
    UPDATE_TRY(delayed, ask(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, "delayed start"), what);
    if (delayed) config.delayed = delayed->as<SERVICE_DELAYED_AUTO_START_INFO>()->fDelayedAutostart != 0;
    UPDATE_TRY(recovery, read_recovery(service), what);
    config.recovery = std::move(recovery);
    UPDATE_TRY(dacl, read_dacl(service), what);
    config.dacl = std::move(dacl);
    return config;
}

Status ScmManager::create(const ScmService& wanted) {
    const std::string what = "create service " + wanted.name;
    UPDATE_TRY(manager, open_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE), what);
    UPDATE_TRY(name, to_wide(wanted.name), what);
    UPDATE_TRY(display, to_wide(wanted.display_name), what);
    UPDATE_TRY(command, to_wide(wanted.command_line), what);
    // SERVICE_START: the manager wants it from whoever asks for restarts.
    constexpr DWORD access = SERVICE_CHANGE_CONFIG | SERVICE_START | READ_CONTROL | WRITE_DAC;
    const ServiceHandle service{
        ::CreateServiceW(raw(manager), name.c_str(), display.c_str(), access, own_process, SERVICE_AUTO_START,
                         SERVICE_ERROR_NORMAL, command.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr)};
    if (!service) {
        const auto error = static_cast<int>(::GetLastError());
        if (error == ERROR_SERVICE_MARKED_FOR_DELETE)
            return Error{ErrorCode::retry_later,
                         what + ": the old one is being deleted; close all windows that show services"};
        return os_error(error, what);
    }
    UPDATE_CHECK(write_description(service, wanted), what);
    UPDATE_CHECK(write_delay(service, wanted), what);
    UPDATE_CHECK(write_recovery(service, wanted.recovery), what);
    return write_dacl(service);
}

Status ScmManager::change(const ScmService& wanted, const ScmChanges& changes) {
    const std::string what = "change service " + wanted.name;
    constexpr DWORD access = SERVICE_CHANGE_CONFIG | SERVICE_START | READ_CONTROL | WRITE_DAC;
    UPDATE_TRY(service, open_service(wanted.name, access), what);
    if (changes.command_line) UPDATE_CHECK(write_basics(service, wanted.command_line, ""), what);
    if (changes.names) {
        UPDATE_CHECK(write_basics(service, "", wanted.display_name), what);
        UPDATE_CHECK(write_description(service, wanted), what);
    }
    if (changes.delayed) UPDATE_CHECK(write_delay(service, wanted), what);
    if (changes.recovery) UPDATE_CHECK(write_recovery(service, wanted.recovery), what);
    if (changes.dacl) UPDATE_CHECK(write_dacl(service), what);
    return done();
}

Status ScmManager::remove(const std::string& name) {
    UPDATE_TRY(service, open_service(name, DELETE), "remove");
    if (::DeleteService(raw(service)) != 0) return done();
    const auto error = static_cast<int>(::GetLastError());
    if (error == ERROR_SERVICE_MARKED_FOR_DELETE) return done();
    return os_error(error, "remove service " + name);
}

}  // namespace update
