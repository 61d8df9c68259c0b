// The disk says no: each call that writes fails once, at each place where it is made.
#include <fmt/format.h>

#include "applier.hpp"

using namespace update::test;

namespace {

struct Fault {
    const char *call, *error;
};
constexpr Fault faults[] = {{"fsync", "EIO"},     {"fdatasync", "EIO"}, {"renameat2", "EIO"},
                            {"renameat", "EIO"},  {"rename", "EIO"},    {"pwrite64", "ENOSPC"},
                            {"pwrite64", "EIO"},  {"linkat", "EMLINK"}, {"unlinkat", "EACCES"},
                            {"mkdirat", "ENOSPC"}};

void sweep(NewVersion version, const std::string& what) {
    Applier applier{version};
    const auto calls = applier.calls();
    const unsigned step = every(3);
    unsigned tried = 0, number = 0, told = 0;
    std::map<std::string, unsigned> ends;
    for (const auto& [call, error] : faults) {
        const auto found = calls.find(call);
        if (found == calls.end()) continue;
        for (unsigned k = 1; k <= found->second; ++k) {
            if (number++ % step != 0) continue;
            applier.reset();
            const int code = applier.run({"-o", "/dev/null", "-e", std::string{"trace="} + call, "-e",
                                          fmt::format("inject={}:error={}:when={}", call, error, k)});
            const std::string at = fmt::format("{}: {} fails with {} at call {}", what, call, error, k);
            CHECK_MESSAGE(code < 128, fmt::format("{}: died with {}\n{}", at, code, applier.log()));
            if (code != 0) told += !applier.log().empty();
            const bool old_or_told = code == 0 || !applier.log().empty();
            CHECK_MESSAGE(old_or_told, (at + ": ends without a word"));
            const std::string wrong = applier.recover_and_judge();
            CHECK_MESSAGE(wrong.empty(), fmt::format("{} (exit {}): {}\n{}", at, code, wrong, applier.log()));
            ++tried;
            ++ends[applier.ended_in()];
        }
    }
    MESSAGE(fmt::format("{}: every {}. call fails once: {} attempts, {} told an error; {} ended old, {} new",
                        what, step, tried, told, ends["old"], ends["new"]));
    CHECK(tried > 0);
    CHECK(told > 0);
    applier.kill_programs();
}

}  // namespace

TEST_CASE(
    "an update in which any one fsync, rename, write, link or removal fails ends whole, and tells what "
    "failed") {
    UPDATE_NEEDS_STRACE();
    sweep(NewVersion::good, "update");
}

TEST_CASE(
    "a roll-back in which any one fsync, rename, write, link or removal fails ends in the old version") {
    UPDATE_NEEDS_STRACE();
    sweep(NewVersion::crashes, "roll-back");
}
