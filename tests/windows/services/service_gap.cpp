// For bench/windows: what a service manager does, with times that no other program's start is part of.
//   service_gap restart NAME    stops and starts it; prints the milliseconds between its two lives, until it
//   is ready service_gap recover NAME    starts it as soon as it has ended, which recovery does (Wine has
//   none)
#include <chrono>
#include <cstdio>
#include <string>

#include "os/safe_start.hpp"
#include "os/scm/manager.hpp"
#include "windows/services/looks.hpp"

namespace {

using namespace update;
using Milliseconds = std::chrono::duration<double, std::milli>;
constexpr std::chrono::milliseconds patience{60'000}, period{1};

bool reaches(ScmManager& manager, const std::string& service, ScmPhase phase) {
    return test::looks_until(
        patience,
        [&] {
            const auto now = manager.state(service);
            return now && now->phase == phase;
        },
        period);
}

bool begins(ScmManager& manager, const std::string& service) {
    return manager.start(service) && reaches(manager, service, ScmPhase::running);
}

}  // namespace

int main(int argc, char** argv) {
    start_safely(argc, argv);
    if (argc != 3) return 2;
    const std::string service = argv[2];
    ScmManager manager;
    if (std::string{argv[1]} == "recover")
        return reaches(manager, service, ScmPhase::stopped) && begins(manager, service) ? 0 : 1;
    const auto begin = std::chrono::steady_clock::now();
    if (!manager.ask_to_stop(service) || !reaches(manager, service, ScmPhase::stopped)) return 1;
    if (!begins(manager, service)) return 1;
    std::printf("%.1f\n", Milliseconds{std::chrono::steady_clock::now() - begin}.count());
    return 0;
}
