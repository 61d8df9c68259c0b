#include "start_watch.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <unistd.h>

namespace update::test {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(int fd) { return read_file(fmt::format("/proc/self/fd/{}", fd)); }

pid_t parent_of(pid_t pid) {
    const std::string stat = read_file(fmt::format("/proc/{}/stat", pid));
    std::istringstream words{stat.substr(std::min(stat.rfind(')') + 1, stat.size()))};
    std::string state;
    pid_t parent = -1;
    words >> state >> parent;
    return parent;
}

/// Who runs from this path. Not processes_with(), which reaps children for the test's own thread.
std::vector<pid_t> running(const std::string& path) {
    std::vector<pid_t> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
        const auto pid = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
        if (pid > 1 && read_file(entry.path() / "cmdline").starts_with(path + '\0')) found.push_back(pid);
    }
    return found;
}

std::string_view version(bool is_new) { return is_new ? "new" : "old"; }

}  // namespace

StartWatch::StartWatch(const Endpoint& endpoint, std::vector<std::string> programs,
                       std::function<void(const Start&)> at_start)
    : root_{endpoint.install_root()}, programs_{std::move(programs)}, at_start_{std::move(at_start)} {
    for (const std::string& program : programs_) old_[program] = read_file(root_ / program);
    for (const std::string& program : programs_) watch_.add((root_ / program).parent_path());
}

StartWatch::~StartWatch() { watch_.stop(); }

std::string StartWatch::mixed() const {
    const std::lock_guard lock{mutex_};
    return mixed_;
}

/// A program that the test itself starts, to ask for its version, is no member that runs.
void StartWatch::look(pid_t pid, int image) {
    std::error_code gone;
    const fs::path path = fs::read_symlink(fmt::format("/proc/self/fd/{}", image), gone);
    const auto program = std::ranges::find_if(programs_, [&](const auto& p) { return path == root_ / p; });
    const pid_t starter = parent_of(pid);
    if (program == programs_.end() || starter == ::getpid()) return;
    const Start start{*program, is_new(*program, bytes_of(image)), starter};
    ++starts_;
    find_other_version(start, pid);
    if (at_start_) at_start_(start);
}

bool StartWatch::is_new(const std::string& program, const std::string& bytes) const {
    return bytes != old_.at(program);
}

void StartWatch::find_other_version(const Start& start, pid_t starting) {
    const auto note = [&](const std::string& what) {
        const std::lock_guard lock{mutex_};
        mixed_ += fmt::format("{} {} was started beside {}\n", version(start.is_new), start.program, what);
    };
    for (const std::string& program : programs_) {
        for (const pid_t pid : running(root_ / program)) {
            const std::string bytes = pid == starting ? "" : read_file(fmt::format("/proc/{}/exe", pid));
            if (bytes.empty() || is_new(program, bytes) == start.is_new) continue;  // empty: it ends just now
            note(fmt::format("{} {}, which runs", version(!start.is_new), program));
        }
        // The agent looks after its update first, before it works.
        if (start.program == programs_.front()) continue;
        if (is_new(program, read_file(root_ / program)) != start.is_new)
            note(fmt::format("the file of {} {}", version(!start.is_new), program));
    }
}

}  // namespace update::test
