// One process that applies a whole update, `updatectl apply`, as the victim of crashes: a small world without
// network that is made anew for each attempt, and the watchdog that comes after a crash.
#pragma once
#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace update::test {

/// How many of the possible points are tried: every n-th. 1 with UPDATE_CRASH_EVERY=1 (scripts/crash_sweep).
unsigned every(unsigned otherwise);

enum class NewVersion { good, crashes };

class Applier {
 public:
    /// @param folder  install root and state lie in it; empty: a scratch folder
    explicit Applier(NewVersion, std::filesystem::path folder = {});

    /// Version 1 installed and running, nothing else.
    void reset();
    /// Starts what `strace` makes of `updatectl apply`; the words come before the program.
    std::vector<std::string> command(const std::vector<std::string>& strace_words) const;
    std::vector<std::string> plain_command() const;
    ExitCode run_plainly();
    /// @return its exit code, 128 + signal
    ExitCode run(const std::vector<std::string>& strace_words);
    /// System calls of the applying thread in an undisturbed run, by name, in `times`.
    std::map<std::string, unsigned> calls();
    /// For `run`: strace writes to this file what was called.
    std::filesystem::path trace_file() const { return scratch_.path() / "trace"; }
    /// All that the last run told anybody: its output, the history, and the outcome.
    std::string told() const;

    /// A watchdog comes, finishes or undoes what it finds, and goes. @return what is wrong afterwards; empty:
    /// a whole version is installed, it runs, the update has ended in accordance with that, nothing is left
    /// over
    std::string recover_and_judge();
    /// What the last judged attempt ended in: "old" or "new".
    const std::string& ended_in() const { return ended_in_; }
    void kill_programs();
    std::filesystem::path log_file() const { return scratch_.path() / "log"; }
    std::string log() const { return read_file(log_file()); }

 private:
    std::filesystem::path root() const { return folder_ / "root"; }
    std::filesystem::path state() const { return folder_ / "state"; }
    std::string judge() const;

    Scratch scratch_{"update-crash"};
    const std::filesystem::path folder_;
    const std::string old_, new_;
    mutable std::string ended_in_;
};

/// Nothing, or why strace cannot be used here.
std::optional<std::string> why_no_strace();

}  // namespace update::test

#define UPDATE_NEEDS_STRACE()                                                      \
    if (const auto update_why = ::update::test::why_no_strace()) {                 \
        MESSAGE("skipped, system calls cannot be injected here: " << *update_why); \
        return;                                                                    \
    }
