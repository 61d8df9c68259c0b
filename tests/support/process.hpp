// Real processes of a test: each is known by its pid, and none outlives the test program, however that ends.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace update::test {

/// A folder below the system's temporary one, mode 0700. When its owner goes, or dies by a signal, the
/// processes that have its path on their command line are killed one by one, and it is removed.
class Scratch {
 public:
    explicit Scratch(const std::string& name);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
    pid_t janitor_ = -1;
    int janitor_pipe_ = -1;
};

/// How a process ended: its exit code, or 128 + the signal.
using ExitCode = int;

/// A child of the test. SIGKILL to it when the test dies or the object goes.
class Process {
 public:
    /// Output and errors are appended to `log`.
    Process(const std::vector<std::string>& command, const std::filesystem::path& log);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }
    bool running();
    void signal(int number);
    void kill_hard();
    /// SIGTERM, then SIGKILL for one that does not follow within 15 s (a failure of the test).
    ExitCode stop();
    /// @return nothing when it still runs after 15 s
    std::optional<ExitCode> wait();

 private:
    pid_t pid_;
    std::optional<ExitCode> exit_;
};

struct RunningProcess {
    pid_t pid;
    std::vector<std::string> command;
};
/// Living processes with `text` on their command line, zombies and the test itself excluded. Children that
/// ended are reaped on the way.
std::vector<RunningProcess> processes_with(const std::string& text);

std::string read_file(const std::filesystem::path&);
void write_file(const std::filesystem::path&, const std::string& content);

}  // namespace update::test
