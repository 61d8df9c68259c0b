#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "os/control_watch.hpp"
#include "os/handle.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {

struct ControlWatch::Impl {
    std::function<void(EventLoop::Request)> requested;
    Handle stop_event;
    HANDLE wait = nullptr;
};

namespace {

using Request = EventLoop::Request;

/// The console's handler is one for the whole process.
class Watches {
 public:
    static Watches& instance() {
        static Watches watches;
        return watches;
    }
    void add(ControlWatch::Impl* watch) {
        const std::lock_guard guard{mutex_};
        if (watches_.empty()) ::SetConsoleCtrlHandler(&Watches::on_control, TRUE);
        watches_.push_back(watch);
        if (!watch->requested) return;
        for (const Request request : std::exchange(kept_, {})) watch->requested(request);
    }
    void remove(ControlWatch::Impl* watch) {
        const std::lock_guard guard{mutex_};
        std::erase(watches_, watch);
        if (watches_.empty()) ::SetConsoleCtrlHandler(&Watches::on_control, FALSE);
    }
    void tell(Request request) {
        const std::lock_guard guard{mutex_};
        bool told = false;
        for (const auto* watch : watches_) {
            if (watch->requested) watch->requested(request);
            told |= static_cast<bool>(watch->requested);
        }
        if (!told) kept_.push_back(request);
    }

 private:
    static BOOL WINAPI on_control(DWORD type) {
        // Services alone hear of it, whenever somebody's session ends: not theirs.
        if (type == CTRL_LOGOFF_EVENT) return TRUE;
        instance().tell(type == CTRL_C_EVENT ? Request::interrupt : Request::terminate);
        // The system ends the process when this returns.
        if (type == CTRL_CLOSE_EVENT || type == CTRL_SHUTDOWN_EVENT) ::Sleep(INFINITE);
        return TRUE;
    }
    std::mutex mutex_;
    std::vector<ControlWatch::Impl*> watches_;
    std::vector<Request> kept_;
};

/// Absent for a program that was started by hand or by the service manager.
Handle open_stop_event() {
    const char* name = std::getenv(stop_event_variable);
    if (name == nullptr) return {};
    const auto wide = to_wide(name);
    return wide ? Handle{::OpenEventW(SYNCHRONIZE, FALSE, wide->c_str())} : Handle{};
}

void CALLBACK on_stop(void* watch, BOOLEAN) {
    static_cast<ControlWatch::Impl*>(watch)->requested(Request::terminate);
}

}  // namespace

ControlWatch::ControlWatch(std::function<void(Request)> requested) : impl_{std::make_unique<Impl>()} {
    impl_->requested = std::move(requested);
    Watches::instance().add(impl_.get());
    if (!impl_->requested) return;
    impl_->stop_event = open_stop_event();
    if (impl_->stop_event)
        ::RegisterWaitForSingleObject(&impl_->wait, impl_->stop_event.get(), &on_stop, impl_.get(), INFINITE,
                                      WT_EXECUTEONLYONCE);
}

ControlWatch::~ControlWatch() {
    // Waits for a call that is under way.
    if (impl_->wait != nullptr) ::UnregisterWaitEx(impl_->wait, INVALID_HANDLE_VALUE);
    Watches::instance().remove(impl_.get());
}

void tell_request(Request request) { Watches::instance().tell(request); }

}  // namespace update
