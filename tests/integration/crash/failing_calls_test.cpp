// The disk says no: each call that writes fails once, at each place where it is made.
#include <cerrno>
#include <fmt/format.h>
#include <sstream>
#include <system_error>

#include "applier.hpp"

using namespace update::test;

namespace {

/// Who depends on the call may not go on as if it had been made. A link is only a quicker copy, and what was
/// not removed is removed later.
enum class Duty : std::uint8_t { heard, may_be_passed_over };
struct Fault {
    const char *call, *error;
    Duty duty;
};
constexpr Fault faults[] = {{"fsync", "EIO", Duty::heard},
                            {"fdatasync", "EIO", Duty::heard},
                            {"renameat2", "EIO", Duty::heard},
                            {"renameat", "EIO", Duty::heard},
                            {"rename", "EIO", Duty::heard},
                            {"pwrite64", "ENOSPC", Duty::heard},
                            {"pwrite64", "EIO", Duty::heard},
                            {"linkat", "EMLINK", Duty::may_be_passed_over},
                            {"unlinkat", "EACCES", Duty::may_be_passed_over},
                            {"mkdirat", "ENOSPC", Duty::heard}};

std::string words_of(const std::string& error) {
    return std::generic_category().message(error == "EIO" ? EIO : ENOSPC);
}

/// What became of the call that failed, as strace saw it (-y: with the names of the files).
struct Passed {
    explicit Passed(const std::string& trace) {
        std::istringstream lines{trace};
        bool went_on = false;  // built on what may not be on the disk
        for (std::string next; std::getline(lines, next);) {
            if (next.find("(INJECTED)") != std::string::npos) {
                line = next;
                continue;
            }
            if (line.empty() || next.find(" = -1 ") != std::string::npos) continue;
            const bool again = is_about(next, object(line));
            is_repeated = is_repeated || (again && !went_on);
            went_on = went_on || (is_sync(line) && !again && (is_sync(next) || next.starts_with("rename")));
        }
        is_for_people = object(line).find("/history.jsonl") != std::string::npos;
    }
    static bool is_sync(const std::string& call) {
        return call.starts_with("fsync") || call.starts_with("fdatasync");
    }
    /// The file of a descriptor, or the names. The journal is one file in two slots.
    static std::string object(const std::string& call) {
        const auto open = call.find('<'), close = call.find('>');
        const bool is_descriptor = is_sync(call) || call.starts_with("pwrite64");
        if (!is_descriptor || close == std::string::npos) return call.substr(0, call.find(" = "));
        const std::string file = call.substr(open + 1, close - open - 1);
        const auto slot = file.find("/journal.");
        return slot == std::string::npos ? file : file.substr(0, slot + 9);
    }
    /// A folder is flushed again after what lies in it.
    static bool is_about(const std::string& call, const std::string& wanted) {
        const std::string file = object(call);
        return file == wanted || file.starts_with(wanted + "/");
    }
    std::string line;
    bool is_repeated = false;
    bool is_for_people = false;  ///< the history: no update ends, or waits, for its sake
};

void sweep(NewVersion version, const std::string& what) {
    Applier applier{version};
    const auto calls = applier.calls();
    const unsigned step = every(3);
    unsigned tried = 0, number = 0, told = 0, heard = 0;
    std::map<std::string, unsigned> ends;
    for (const auto& [call, error, duty] : faults) {
        const auto found = calls.find(call);
        if (found == calls.end()) continue;
        for (unsigned k = 1; k <= found->second; ++k) {
            if (number++ % step != 0) continue;
            applier.reset();
            const int code =
                applier.run({"-y", "-o", applier.trace_file().string(), "-e", std::string{"trace="} + call,
                             "-e", fmt::format("inject={}:error={}:when={}", call, error, k)});
            const std::string at = fmt::format("{}: {} fails with {} at call {}", what, call, error, k);
            CHECK_MESSAGE(code < 128, fmt::format("{}: died with {}\n{}", at, code, applier.log()));
            if (code != 0) told += !applier.log().empty();
            const bool old_or_told = code == 0 || !applier.log().empty();
            CHECK_MESSAGE(old_or_told, (at + ": ends without a word"));
            if (duty == Duty::heard) {
                // Told to somebody, or made again: a failure that nobody heard of changes neither.
                const bool is_told = applier.told().find(words_of(error)) != std::string::npos;
                const Passed passed{read_file(applier.trace_file())};
                CHECK_MESSAGE((is_told || passed.is_repeated || passed.is_for_people),
                              (at + ": nobody heard of it: " + passed.line));
                ++heard;
            }
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
    CHECK(heard > 0);
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
