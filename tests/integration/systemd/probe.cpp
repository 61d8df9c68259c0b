// What tests need inside of a machine with systemd.
//   probe plain|unit FILE   a service that starts another program which is to outlive it: writes its pid as
//   seen
//                           here to FILE, and goes on until it is stopped
//   probe child             what was started
//   probe stops COUNT DIR   lets systemd start probed.service, stops it as an update does, a little later
//   each
//                           time, and prints how often that counted as an administrator's stop
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <unistd.h>

#include "layout/layout.hpp"
#include "os/files.hpp"
#include "os/handshake.hpp"
#include "os/processes.hpp"
#include "os/service_manager.hpp"
#include "os/systemd/manager.hpp"

using namespace update;

namespace {

int live() {
    ::sigset_t terminate;
    ::sigemptyset(&terminate);
    ::sigaddset(&terminate, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &terminate, nullptr);
    int signal = 0;
    ::sigwait(&terminate, &signal);
    return 0;
}

int start_another(const std::string& way, const std::string& file) {
    std::unique_ptr<Processes> processes = make_processes();
    if (way == "unit") {
        auto made = service_manager::make_processes(std::move(processes), "probe");
        if (!made) return 1;
        processes = std::move(*made);
    }
    const auto child = processes->break_away({std::filesystem::read_symlink("/proc/self/exe"), {"child"}, {}},
                                             std::chrono::seconds{5});
    std::ofstream{file} << (child ? std::to_string(child->pid) : "error: " + child.error().message()) << '\n';
    return live();
}

int stop_again_and_again(int count, const std::string& state_dir) {
    Settings settings;
    settings.product = "probed";
    settings.state_dir = state_dir;
    settings.service.manager = service_manager::native();
    settings.programs = {{}};
    settings.programs.front().name = "probed";
    const auto files = make_files();
    const Layout layout{settings};
    if (!files->make_private_directory(layout.state_dir()) || !files->make_private_directory(layout.run()))
        return 1;
    auto loop = EventLoop::create();
    if (!loop) return 1;
    const auto services = service_manager::make_services(**loop, settings, *files, [](auto&&...) {});
    SystemdManager systemd;
    int held = 0;
    for (int i = 0; i < count; ++i) {
        if (!services || !systemd.start("probed.service")) return 1;
        (*loop)->run_once(EventLoop::now() + std::chrono::milliseconds{i % 20});
        const Status stopped = (*services)->stop("probed");
        const auto now = (*services)->status("probed");
        if (!stopped || !now) {
            std::cout << (stopped ? now.error().message() : stopped.error().message()) << '\n';
            return 1;
        }
        held += now->held_by_administrator ? 1 : 0;
    }
    std::cout << "held " << held << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "child") return answer_handshake() ? live() : 1;
    if (what == "stops" && argc == 4) return stop_again_and_again(std::stoi(argv[2]), argv[3]);
    return argc == 3 ? start_another(what, argv[2]) : 2;
}
