// The plug is pulled at moments spread over a whole update, on a real ext4 that loses what was not flushed.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "applier.hpp"
#include "loop_disk.hpp"

using namespace update::test;
using Nanoseconds = std::chrono::nanoseconds;

namespace {

/// Until the process ends, or the time is over.
void wait_at_most(pid_t pid, Nanoseconds time) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    ::pollfd watched{handle, POLLIN, 0};
    const ::timespec limit{time / std::chrono::seconds{1}, (time % std::chrono::seconds{1}).count()};
    ::ppoll(&watched, 1, &limit, nullptr);
    ::close(handle);
}

void sweep(NewVersion version, const std::string& what, unsigned points) {
    if (const auto why = LoopDisk::why_not()) {
        MESSAGE("skipped, no disk can be made whose plug could be pulled: " << *why);
        return;
    }
    const Scratch scratch{"update-disk"};
    const LoopDisk disk{scratch.path()};
    Applier applier{version, disk.path() / "world"};
    // The shortest of some: what took longer was kept waiting by something else (the first reads its
    // programs).
    Nanoseconds whole = Nanoseconds::max();
    for (int runs = 0; runs < 5; ++runs) {
        applier.reset();
        const auto began = std::chrono::steady_clock::now();
        (void)applier.run_plainly();
        whole = std::min<Nanoseconds>(whole, std::chrono::steady_clock::now() - began);
    }
    std::map<std::string, unsigned> ends;
    unsigned in_time = 0;
    for (unsigned point = 0; point < points; ++point) {
        applier.reset();
        disk.flush();
        {
            Process process{applier.plain_command(), applier.log_file()};
            wait_at_most(process.pid(), whole * (2 * point + 1) / (2 * points));
            in_time += process.running();
            disk.cut();
            process.kill_hard();
        }
        applier.kill_programs();
        disk.reboot();
        const std::string wrong = applier.recover_and_judge();
        CHECK_MESSAGE(wrong.empty(),
                      fmt::format("{} cut at {} of {}: {}\n{}", what, point, points, wrong, applier.log()));
        ++ends[applier.ended_in()];
    }
    applier.kill_programs();
    MESSAGE(fmt::format(
        "{}: the plug pulled at {} moments over {:.0f} ms, {} of them before its end; {} ended old, {} new, "
        "0 torn",
        what, points, static_cast<double>(whole.count()) / 1e6, in_time, ends["old"], ends["new"]));
    CHECK(in_time > points / 2);
    CHECK(ends["old"] > 0);
}

unsigned points() { return std::getenv("UPDATE_CRASH_EVERY") == nullptr ? 30 : 210; }

}  // namespace

TEST_CASE("a power cut at any moment of an update leaves a whole verified program, and the update ends") {
    sweep(NewVersion::good, "update", points());
}

TEST_CASE("a power cut at any moment of a roll-back leaves the old program, whole and running") {
    sweep(NewVersion::crashes, "roll-back", points() / 2);
}
