// SIGKILL at every system call of the process that applies an update. Which of them are tried is printed.
#include <fmt/format.h>

#include "applier.hpp"

using namespace update::test;

namespace {

void sweep(NewVersion version, const std::string& what) {
    Applier applier{version};
    const auto calls = applier.calls();
    unsigned total = 0, tried = 0, killed = 0;
    for (const auto& [name, count] : calls) total += count;
    const unsigned step = every(std::max(1U, total / 60));
    std::map<std::string, unsigned> ends;
    unsigned number = 0;
    for (const auto& call : calls)
        for (unsigned k = 1; k <= call.second; ++k) {
            const std::string& name = call.first;
            if (number++ % step != 0) continue;
            applier.reset();
            const int code = applier.run({"-o", "/dev/null", "-e", "trace=" + name, "-e",
                                          fmt::format("inject={}:signal=SIGKILL:when={}", name, k)});
            ++tried;
            killed += code == 128 + 9;
            const std::string wrong = applier.recover_and_judge();
            CHECK_MESSAGE(wrong.empty(),
                          fmt::format("{} at {} #{}: {}\n{}", what, name, k, wrong, applier.log()));
            ++ends[applier.ended_in()];
        }
    MESSAGE(fmt::format(
        "{}: {} system calls, every {}. tried: {} points, {} killed; {} ended old, {} new, 0 torn", what,
        total, step, tried, killed, ends["old"], ends["new"]));
    CHECK(killed > tried / 2);  // the calls of one run are nearly those of the next
    CHECK(ends["old"] > 0);
    if (version == NewVersion::good) CHECK(ends["new"] > 0);
    if (version == NewVersion::crashes) CHECK(ends["new"] == 0);
    applier.kill_programs();
}

}  // namespace

TEST_CASE(
    "an update whose process is killed at any system call ends in the old or the new version, whole and "
    "running") {
    UPDATE_NEEDS_STRACE();
    sweep(NewVersion::good, "update");
}

TEST_CASE(
    "a roll-back whose process is killed at any system call ends in the old version, whole and running") {
    UPDATE_NEEDS_STRACE();
    sweep(NewVersion::crashes, "roll-back");
}
