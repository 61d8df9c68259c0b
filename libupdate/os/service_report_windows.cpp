#include <chrono>

#include "os/control_watch.hpp"
#include "os/os_error.hpp"
#include "os/service_report.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;

// A pending state must show progress within each hint, or the SCM calls the service hung. Who starts and
// never becomes ready is hung after a while: then nothing is shown any more.
constexpr DWORD hint_ms = 5000;
constexpr auto show_period = 1s;
constexpr DWORD shows_max = 300;

bool is_pending(DWORD state) { return state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING; }

}  // namespace

ServiceReport& ServiceReport::instance() {
    static ServiceReport report;
    return report;
}

unsigned long __stdcall ServiceReport::on_control(unsigned long control, unsigned long, void*, void*) {
    switch (control) {
        case SERVICE_CONTROL_STOP:
        case SERVICE_CONTROL_SHUTDOWN:
            instance().stop_asked();
            return NO_ERROR;
        case SERVICE_CONTROL_INTERROGATE:
            return NO_ERROR;
        default:
            return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

Status ServiceReport::begin(const std::string& name) {
    UPDATE_TRY(wide, to_wide(name), "service " + name);
    const auto handle = ::RegisterServiceCtrlHandlerExW(wide.c_str(), &ServiceReport::on_control, nullptr);
    if (handle == nullptr) return last_error("be service " + name);
    const std::lock_guard lock{mutex_};
    handle_ = handle;
    set(SERVICE_START_PENDING, NO_ERROR, 0);
    progress_ = std::thread{[this] { show_progress(); }};
    return done();
}

void ServiceReport::tell(Life life) {
    const std::lock_guard lock{mutex_};
    if (handle_ == nullptr) return;
    if (life == Life::ready && state_ == SERVICE_START_PENDING) set(SERVICE_RUNNING, NO_ERROR, 0);
    if (life == Life::stopping && state_ != SERVICE_STOPPED) set(SERVICE_STOP_PENDING, NO_ERROR, 0);
}

void ServiceReport::stop_asked() {
    {
        const std::lock_guard lock{mutex_};
        asked_ = true;
        if (state_ != SERVICE_STOPPED) set(SERVICE_STOP_PENDING, NO_ERROR, 0);
    }
    tell_request(EventLoop::Request::terminate);
}

void ServiceReport::end(int exit_code, ServiceEnd why) {
    {
        const std::lock_guard lock{mutex_};
        if (handle_ == nullptr) return;
        const ScmExit exit = scm_exit(exit_code, asked_ ? ServiceEnd::asked : why);
        set(SERVICE_STOPPED, exit.error, exit.specific);
    }
    changed_.notify_all();
    progress_.join();
}

void ServiceReport::set(unsigned long state, unsigned long error, unsigned long specific) {
    if (state != state_) checkpoint_ = 0;
    state_ = state;
    SERVICE_STATUS status{};
    status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status.dwCurrentState = state;
    if (state == SERVICE_RUNNING) status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN;
    status.dwWin32ExitCode = error;
    status.dwServiceSpecificExitCode = specific;
    if (is_pending(state)) {
        status.dwCheckPoint = ++checkpoint_;
        status.dwWaitHint = hint_ms;
    }
    ::SetServiceStatus(static_cast<SERVICE_STATUS_HANDLE>(handle_), &status);
}

void ServiceReport::show_progress() {
    std::unique_lock lock{mutex_};
    while (!changed_.wait_for(lock, show_period, [this] { return state_ == SERVICE_STOPPED; }))
        if (is_pending(state_) && checkpoint_ < shows_max) set(state_, NO_ERROR, 0);
}

}  // namespace update
