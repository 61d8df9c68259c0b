#include "support/process.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/await.hpp"

namespace update::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace {

constexpr int look_period_ms = 5;

/// What waitpid told of children that nobody has asked about yet. Programs that outlive their parents come to
/// the test as to an init process, so that their ends leave no zombies.
class Children {
 public:
    static Children& instance() {
        static Children children;
        return children;
    }
    /// Numbers come again: what was told of an earlier process of this number is not the end of the new one.
    void began(pid_t pid) { ended_.erase(pid); }
    void reap() {
        int status = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
            ended_[pid] = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    std::optional<ExitCode> take(pid_t pid) {
        reap();
        const auto found = ended_.find(pid);
        if (found == ended_.end()) return std::nullopt;
        const ExitCode code = found->second;
        ended_.erase(found);
        return code;
    }

 private:
    Children() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
    std::map<pid_t, ExitCode> ended_;
};

std::vector<std::string> command_of(pid_t pid) {
    std::vector<std::string> words;
    std::istringstream text{read_file(fs::path{"/proc"} / std::to_string(pid) / "cmdline")};
    for (std::string word; std::getline(text, word, '\0');) words.push_back(word);
    return words;
}

pid_t start(const std::vector<std::string>& command, const fs::path& log) {
    Children::instance();
    std::vector<char*> raw;
    for (const std::string& word : command) raw.push_back(const_cast<char*>(word.c_str()));
    raw.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid != 0) {
        Children::instance().began(pid);
        return pid;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(file, 1);
    ::dup2(file, 2);
    ::execv(raw[0], raw.data());
    ::_exit(127);
}

void end_processes_with(const std::string& text) {
    holds_within(10s, [&] {  // again and again: one of them may start another one meanwhile
        const auto left = processes_with(text);
        for (const RunningProcess& process : left) ::kill(process.pid, SIGKILL);
        return left.empty();
    });
}

/// Waits for the end of the test, cleans up behind it. Has the duty of the destructor when that never ran.
[[noreturn]] void be_janitor(int pipe, const fs::path& folder) {
    ::setsid();
    char nothing = 0;
    while (::read(pipe, &nothing, 1) < 0 && errno == EINTR) continue;
    end_processes_with(folder.string() + "/");
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    ::_exit(0);
}

}  // namespace

bool holds_within(std::chrono::milliseconds time, const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    for (;;) {
        if (condition()) return true;
        if (std::chrono::steady_clock::now() >= deadline) return false;
        ::poll(nullptr, 0, look_period_ms);
    }
}

void await(const std::string& what, std::chrono::milliseconds time, const std::function<bool()>& condition,
           const std::function<std::string()>& evidence) {
    if (holds_within(time, condition)) return;
    FAIL("awaited for " << time.count() << " ms: " << what << "\n" << evidence());
}

std::vector<RunningProcess> processes_with(const std::string& text) {
    Children::instance().reap();
    std::vector<RunningProcess> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || *end != '\0' || pid == ::getpid()) continue;
        RunningProcess process{pid, command_of(pid)};
        for (const std::string& word : process.command)
            if (word.find(text) != std::string::npos) {
                found.push_back(std::move(process));
                break;
            }
    }
    return found;
}

std::string read_file(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

void write_file(const fs::path& path, const std::string& content) {
    std::ofstream file{path, std::ios::binary};
    file << content;
    file.close();
    REQUIRE(file.good());
}

Scratch::Scratch(const std::string& name) {
    Children::instance();
    std::string pattern = (fs::temp_directory_path() / (name + "-XXXXXX")).string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = fs::canonical(pattern);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    janitor_ = ::fork();
    REQUIRE(janitor_ >= 0);
    if (janitor_ == 0) {
        ::close(ends[1]);
        be_janitor(ends[0], path_);
    }
    ::close(ends[0]);
    Children::instance().began(janitor_);
    janitor_pipe_ = ends[1];
}

Scratch::~Scratch() {
    end_processes_with(path_.string() + "/");
    ::close(janitor_pipe_);
    holds_within(15s, [&] { return Children::instance().take(janitor_).has_value(); });
}

Process::Process(const std::vector<std::string>& command, const fs::path& log) : pid_{start(command, log)} {}
Process::~Process() {
    if (running()) kill_hard();
}
bool Process::running() {
    if (!exit_) exit_ = Children::instance().take(pid_);
    return !exit_;
}
void Process::signal(int number) {
    REQUIRE(running());
    REQUIRE(::kill(pid_, number) == 0);
}
void Process::kill_hard() {
    if (!running()) return;
    ::kill(pid_, SIGKILL);
    holds_within(15s, [&] { return !running(); });
}
ExitCode Process::stop() {
    signal(SIGTERM);
    const auto code = wait();
    if (!code) kill_hard();
    REQUIRE_MESSAGE(code.has_value(), "process " << pid_ << " does not follow SIGTERM");
    return *code;
}
std::optional<ExitCode> Process::wait() {
    holds_within(15s, [&] { return !running(); });
    return exit_;
}

}  // namespace update::test
