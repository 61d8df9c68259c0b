// What tests need inside of a machine with systemd.
//   probe plain|unit FILE   a service that starts another program which is to outlive it: writes its pid as
//                           seen here to FILE, and goes on until it is stopped
//   probe child             what was started
//   probe stops COUNT DIR   lets systemd start probed.service, stops it as an update does, a little later
//   each
//                           time, and prints how often that counted as an administrator's stop
//   probe restarts DIR      follows probed.service while an administrator restarts it between two looks, and
//                           prints how often that counted as its end
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

Settings settings_of_probed(const std::string& state_dir) {
    Settings settings;
    settings.product = "probed";
    settings.state_dir = state_dir;
    settings.service.manager = service_manager::native();
    settings.programs = {{}};
    settings.programs.front().name = "probed";
    return settings;
}

/// Follows probed.service as a watchdog does.
struct Following {
    explicit Following(const std::string& state_dir) : settings{settings_of_probed(state_dir)} {
        const Layout layout{settings};
        if (!files->make_private_directory(layout.state_dir()) ||
            !files->make_private_directory(layout.run()))
            return;
        if (auto made = EventLoop::create()) loop = std::move(*made);
        if (!loop) return;
        auto made = service_manager::make_services(*loop, settings, *files, [this](auto&&...) { ++exits; });
        if (made) services = std::move(*made);
    }

    const Settings settings;
    const std::unique_ptr<Files> files = make_files();
    std::unique_ptr<EventLoop> loop;
    SystemdManager systemd;
    int exits = 0;
    std::unique_ptr<Supervision> services;  ///< nothing: it could not be made
};

int stop_again_and_again(int count, const std::string& state_dir) {
    Following probed{state_dir};
    int held = 0;
    for (int i = 0; i < count; ++i) {
        if (!probed.services || !probed.systemd.start("probed.service")) return 1;
        probed.loop->run_once(EventLoop::now() + std::chrono::milliseconds{i % 20});
        const Status stopped = probed.services->stop("probed");
        const auto now = probed.services->status("probed");
        if (!stopped || !now) {
            std::cout << (stopped ? now.error().message() : stopped.error().message()) << '\n';
            return 1;
        }
        held += now->held_by_administrator ? 1 : 0;
    }
    std::cout << "held " << held << '\n';
    return 0;
}

/// @return once it has a main process other than `before`; false: it has none in time
bool await_process(SystemdManager& systemd, std::int64_t before) {
    const auto patience = EventLoop::now() + std::chrono::seconds{20};
    const auto changes = systemd.watch("probed.service");
    while (changes && EventLoop::now() < patience) {
        const auto now = systemd.state("probed.service");
        if (now && now->job.empty() && now->main_pid != 0 && now->main_pid != before) return true;
        (*changes)->wait(std::chrono::milliseconds{10});
        (void)(*changes)->take();
    }
    return false;
}

int restart_between_two_looks(const std::string& state_dir) {
    Following probed{state_dir};
    if (!probed.services || !probed.systemd.start("probed.service")) return 1;
    // There is no process yet: it will look again.
    if (!probed.services->status("probed") || !await_process(probed.systemd, 0)) return 1;
    const auto followed = probed.services->status("probed");  // somebody else's look finds it before that
    if (!followed || !followed->running) return 1;
    const Instant look_is_due = EventLoop::now() + std::chrono::milliseconds{250};
    while (EventLoop::now() < look_is_due) (void)probed.systemd.state("probed.service");
    bool restarted = false;
    probed.loop->call_at(Instant{}, [&] {  // just before that look, which knows nothing of the end then
        restarted =
            probed.systemd.restart("probed.service") && await_process(probed.systemd, followed->process.pid);
    });
    for (int round = 0; round < 3; ++round)
        probed.loop->run_once(EventLoop::now() + std::chrono::milliseconds{250});
    const auto now = probed.services->status("probed");
    if (!restarted || !now || !now->running) return 1;
    std::cout << "exits " << probed.exits << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "child") return answer_handshake() ? live() : 1;
    if (what == "stops" && argc == 4) return stop_again_and_again(std::stoi(argv[2]), argv[3]);
    if (what == "restarts" && argc == 3) return restart_between_two_looks(argv[2]);
    return argc == 3 ? start_another(what, argv[2]) : 2;
}
