// A program that systemd runs as a service, and that starts another one which is to outlive it.
//   probe plain|unit FILE   breaks away, writes the pid as seen here to FILE, and goes on until it is stopped
//   probe child             what was started
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include "os/handshake.hpp"
#include "os/processes.hpp"
#include "os/service_manager.hpp"

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

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "child") return answer_handshake() ? live() : 1;
    return argc == 3 ? start_another(what, argv[2]) : 2;
}
