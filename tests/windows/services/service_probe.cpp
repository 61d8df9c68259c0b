// A service that does what its words say:
//   service_probe service NAME MODE...
//     run             is ready at once, ends well when it is asked to
//     end CODE        is ready, then ends with CODE by itself
//     slow MILLISECONDS  is ready after so long, then as run
//     deaf            is ready and ends for nobody
//     hang            is never ready and ends for nobody
//     family FILE     starts a plain child, writes its number into FILE, then as run
//   service_probe stay        is that child
//   service_probe hold FILE   is no service: answers the handshake, locks the file and ends for nobody
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string_view>

#include "os/event_loop.hpp"
#include "os/handshake.hpp"
#include "os/locks.hpp"
#include "os/notify.hpp"
#include "os/safe_start.hpp"
#include "os/service_main.hpp"
#include "os/termination.hpp"
#include "os/windows.hpp"

namespace {

using namespace update;

/// As work does: by a timer of the loop.
void take_time(std::chrono::milliseconds time) {
    const auto loop = EventLoop::create();
    if (!loop) std::abort();
    const Instant end = EventLoop::now() + time;
    while (EventLoop::now() < end) (*loop)->run_once(end);
}

int hold(const char* file) {
    const auto lock = make_locks()->try_lock(file);
    if (!lock || !answer_handshake()) return 1;
    std::promise<void>{}.get_future().wait();  // until it is killed
    return 0;
}

/// As programs start each other every day.
int start_child(const std::string& file) {
    wchar_t own[1024];
    ::GetModuleFileNameW(nullptr, own, 1024);
    std::wstring line = L'"' + std::wstring{own} + L"\" stay";
    STARTUPINFOW start{};
    start.cb = sizeof start;
    PROCESS_INFORMATION made{};
    if (::CreateProcessW(own, line.data(), nullptr, nullptr, FALSE, DETACHED_PROCESS, nullptr, nullptr,
                         &start, &made) == 0)
        return 1;
    ::CloseHandle(made.hThread);
    ::CloseHandle(made.hProcess);
    std::ofstream{file + ".part"} << made.dwProcessId;
    std::filesystem::rename(file + ".part", file);
    return 0;
}

int work(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "run";
    const char* value = argc > 2 ? argv[2] : "0";
    if (mode == "hold") return hold(value);
    if (mode == "stay") std::promise<void>{}.get_future().wait();  // until it is killed
    if (mode == "family" && start_child(value) != 0) return 1;
    std::promise<void> asked;
    const auto told = asked.get_future();
    const Termination termination{[&asked, once = false]() mutable {
        if (!std::exchange(once, true)) asked.set_value();
    }};
    if (mode == "slow") take_time(std::chrono::milliseconds{std::atoi(value)});
    if (mode == "hang") std::promise<void>{}.get_future().wait();  // until it is killed
    tell_service_manager(Life::ready);
    if (mode == "end") return std::atoi(value);
    told.wait();
    if (mode == "deaf") std::promise<void>{}.get_future().wait();  // until it is killed
    tell_service_manager(Life::stopping);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    start_safely(argc, argv);
    return run_as_service(argc, argv, work);
}
