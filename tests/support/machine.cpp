#include "support/machine.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "support/await.hpp"

namespace update::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace {

constexpr int poweroff_signal_offset = 4;  // SIGRTMIN+4: systemd's poweroff.target

bool has_unified_cgroups() {
    std::ifstream mounts{"/proc/mounts"};
    for (std::string line; std::getline(mounts, line);)
        if (line.find(" cgroup2 rw") != std::string::npos) return true;
    return false;
}

/// Scratch folders lie where units with PrivateTmp= see them, as long as the test program runs.
class HomeForScratch {
 public:
    HomeForScratch() {
        std::error_code ignored;
        fs::create_directory(path_, ignored);
        ::setenv("TMPDIR", path_, 1);
    }
    ~HomeForScratch() {
        std::error_code not_empty;
        fs::remove(path_, not_empty);
    }

 private:
    static constexpr const char* path_ = "/opt/update-test";
};

/// Process 1: the only child of unshare, which is the only child of the launcher.
pid_t init_of(pid_t launcher) {
    pid_t pid = launcher;
    for (int generation = 0; generation < 2; ++generation) {
        std::istringstream children{read_file(fmt::format("/proc/{0}/task/{0}/children", pid))};
        children >> pid;
    }
    return pid;
}

/// A boot needs more than namespaces; what it lacks only a boot shows.
std::optional<std::string> try_to_boot() {
    if (::geteuid() != 0) return "not root";
    if (!fs::exists("/lib/systemd/systemd")) return "systemd is not installed";
    if (!fs::exists("/usr/bin/dbus-daemon")) return "dbus is not installed";
    if (!has_unified_cgroups()) return "no writable cgroup2 file system";
    static const HomeForScratch home;
    const Scratch scratch{"update-machine"};
    const fs::path folder = scratch.path() / "machine", log = scratch.path() / "log";
    fs::create_directory(folder);
    Process launcher{{MACHINE "/boot", folder.string(), folder.string()}, log};
    if (holds_within(15s, [&] { return fs::exists(folder / "ready") || !launcher.running(); }) &&
        launcher.running()) {
        ::kill(init_of(launcher.pid()), SIGKILL);
        (void)launcher.wait();
        return std::nullopt;
    }
    return "it does not boot: " + read_file(log);
}

}  // namespace

std::optional<std::string> Machine::why_not() {
    static const std::optional<std::string> why = try_to_boot();
    return why;
}

Machine::Machine(fs::path folder, std::vector<fs::path> bound)
    : folder_{std::move(folder)}, bound_{std::move(bound)} {
    fs::create_directories(folder_);
}

Machine::~Machine() {
    if (launcher_) cut_power();
}

void Machine::boot() {
    fs::remove(folder_ / "ready");
    std::vector<std::string> command{MACHINE "/boot", folder_.string(), folder_.string()};
    for (const fs::path& path : bound_) command.push_back(path.string());
    launcher_ = std::make_unique<Process>(command, folder_.parent_path() / "log");
    await(
        "systemd comes up", 30s, [&] { return fs::exists(folder_ / "ready") || !launcher_->running(); },
        [&] { return log(); });
    REQUIRE_MESSAGE(launcher_->running(), log());
    init_ = init_of(launcher_->pid());
}

void Machine::await_end() {
    if (!launcher_->wait()) {
        MESSAGE("the machine does not shut down:\n" << log());
        ::kill(init_, SIGKILL);
        (void)launcher_->wait();
    }
    launcher_.reset();
}

void Machine::power_off() {
    ::kill(init_, SIGRTMIN + poweroff_signal_offset);
    await_end();
}

void Machine::cut_power() {
    if (init_ > 0) ::kill(init_, SIGKILL);
    await_end();
}

Output Machine::run(const std::vector<std::string>& command) const {
    std::vector<std::string> line{
        "/usr/bin/nsenter", "-t", std::to_string(init_), "-m", "-C", "-p", "-i", "-u", "-r", "-w", "--"};
    line.insert(line.end(), command.begin(), command.end());
    static int number = 0;
    const fs::path file = folder_ / fmt::format("output-{}", ++number);
    Process process{line, file};
    const auto exit = process.wait();
    Output output{exit.value_or(-1), read_file(file)};
    fs::remove(file);
    return output;
}

std::string Machine::systemctl(const std::vector<std::string>& command) const {
    std::vector<std::string> line{"/usr/bin/systemctl"};
    line.insert(line.end(), command.begin(), command.end());
    const Output output = run(line);
    REQUIRE_MESSAGE(output.exit == 0, fmt::format("systemctl {}: {}", fmt::join(command, " "), output.text));
    return output.text;
}

std::string Machine::property(const std::string& unit, const std::string& name) const {
    std::string text = systemctl({"show", unit, "--property", name, "--value"});
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

std::vector<std::string> Machine::processes() const {
    std::vector<std::string> lines;
    std::istringstream text{run({"/bin/ps", "-eo", "pid,args", "--no-headers"}).text};
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

void Machine::write_unit(const std::string& name, const std::string& text) const {
    fs::create_directories((units() / name).parent_path());
    write_file(units() / name, text);
}

}  // namespace update::test
