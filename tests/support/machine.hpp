// A whole machine with a real systemd as process 1, in namespaces of this kernel; up in half a second.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace update::test {

struct Output {
    ExitCode exit = -1;
    std::string text;  ///< standard output and error
};

class Machine {
 public:
    /// Nothing, or why no such machine can be had here: for the message of a skipped test.
    static std::optional<std::string> why_not();

    /// Off. Its units lie in `folder`/units over all boots; it sees `folder` and `bound` at the same paths,
    /// all else is a copy of this machine's disk that vanishes with power.
    Machine(std::filesystem::path folder, std::vector<std::filesystem::path> bound);
    ~Machine();

    void boot();
    /// As an administrator shuts down: units are stopped.
    void power_off();
    /// As if the plug were pulled, but for the file system: every process dies at once.
    void cut_power();

    /// Runs a command in it as root.
    Output run(const std::vector<std::string>& command) const;
    /// `systemctl COMMAND...`; the test fails when that fails.
    std::string systemctl(const std::vector<std::string>& command) const;
    /// One property, as "MainPID".
    std::string property(const std::string& unit, const std::string& name) const;
    /// Log of systemd and of all units, in `folder`/../log.
    std::string log() const { return read_file(folder_.parent_path() / "log"); }
    /// Processes in it, by command line.
    std::vector<std::string> processes() const;

    void write_unit(const std::string& name, const std::string& text) const;
    std::filesystem::path units() const { return folder_ / "units"; }

 private:
    void await_end();

    const std::filesystem::path folder_;
    const std::vector<std::filesystem::path> bound_;
    std::unique_ptr<Process> launcher_;
    pid_t init_ = -1;
};

}  // namespace update::test

/// First line of each test that needs one.
#define UPDATE_NEEDS_SYSTEMD()                                                   \
    if (const auto update_why = ::update::test::Machine::why_not()) {            \
        MESSAGE("skipped, no machine with systemd can be had: " << *update_why); \
        return;                                                                  \
    }
