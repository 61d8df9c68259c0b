#include "applier.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <unistd.h>

#include <update/settings.hpp>

#include "flow/table.hpp"
#include "ipc/message.hpp"
#include "journal/journal.hpp"
#include "os/children.hpp"
#include "os/files.hpp"
#include "os/ipc_client.hpp"
#include "support/await.hpp"

namespace update::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace {

constexpr std::size_t program_bytes = 64 * 1024;  // several blocks: a torn file would show

/// Differs from another version in every block.
std::string program(const std::string& what_it_does, char version) {
    std::string text = "#!/bin/sh\n" + what_it_does + "\n";
    while (text.size() < program_bytes) text += fmt::format("# {}\n", std::string(70, version));
    return text;
}

/// No other process on this machine sleeps so long.
std::string seconds(int version) { return std::to_string(version * 10'000'000 + ::getpid()); }

/// Is it the program of this test, in that version?
bool runs(int version) { return !processes_with(seconds(version)).empty(); }

Settings settings_of(const fs::path& config) {
    const auto settings = load_settings(config);
    REQUIRE_MESSAGE(settings.has_value(), (settings ? "" : settings.error().message()));
    return *settings;
}

}  // namespace

unsigned every(unsigned otherwise) {
    const char* wanted = std::getenv("UPDATE_CRASH_EVERY");
    return wanted == nullptr ? otherwise : static_cast<unsigned>(std::max(1, std::atoi(wanted)));
}

std::optional<std::string> why_no_strace() {
    static const std::optional<std::string> why = []() -> std::optional<std::string> {
        if (!fs::exists("/usr/bin/strace")) return "strace is not installed";
        const Scratch scratch{"update-strace"};
        Process probe{{"/usr/bin/strace", "-qq", "-o", "/dev/null", "/bin/true"}, scratch.path() / "log"};
        if (probe.wait() == 0) return std::nullopt;
        return "strace may not trace: " + read_file(scratch.path() / "log");
    }();
    return why;
}

Applier::Applier(NewVersion version, fs::path folder)
    : folder_{folder.empty() ? scratch_.path() / "world" : std::move(folder)},
      old_{program("exec sleep " + seconds(1), 'A')},
      new_{program(version == NewVersion::good ? "exec sleep " + seconds(2) : "exit 3", 'B')} {
    fs::create_directories(folder_);
    write_file(scratch_.path() / "new", new_);
    write_file(
        scratch_.path() / "update.toml",
        fmt::format(
            "product = \"p\"\ninstall_root = \"{}\"\nstate_dir = \"{}\"\n[[programs]]\nname = \"p\"\n"
            "path = \"bin/p\"\nstop_timeout = \"2s\"\n[trial]\nready_timeout = \"1s\"\nstarts_max = 1\n"
            "[trial.probe]\nkind = \"process-age\"\nage = \"30ms\"\ninterval = \"10ms\"\n"
            "[policy]\nattempts_per_version = 1000\nquarantine_for = \"0s\"\n"
            "[supervision]\nbackoff_first = \"10ms\"\n[trust]\nmode = \"unsigned\"\n",
            root().string(), state().string()));
}

void Applier::reset() {
    kill_programs();
    fs::remove_all(root());
    fs::remove_all(state());
    fs::create_directories(root() / "bin");
    write_file(root() / "bin/p", old_);
    fs::permissions(root() / "bin/p", static_cast<fs::perms>(0755));
    fs::create_directories(state() / "run");
    for (const fs::path& folder : {state(), state() / "run"}) fs::permissions(folder, fs::perms::owner_all);
    write_file(log_file(), "");
    const Settings settings = settings_of(scratch_.path() / "update.toml");
    auto loop = EventLoop::create();
    REQUIRE(loop.has_value());
    auto services = ChildServices::create(**loop, settings, ChildOptions{Supervisor::watchdog, {}, {}},
                                          [](const std::string&, const std::optional<ExitStatus>&) {});
    REQUIRE(services.has_value());
    const Status started = (*services)->start("p");
    REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().message()));
}

std::vector<std::string> Applier::plain_command() const {
    return {UPDATECTL,    "apply",
            "--version",  "2",
            "--from",     "1",
            "--artifact", "agent:bin/p=" + (scratch_.path() / "new").string(),
            "--config",   scratch_.path() / "update.toml"};
}

std::vector<std::string> Applier::command(const std::vector<std::string>& strace_words) const {
    std::vector<std::string> words{"/usr/bin/strace", "-qq"};
    words.insert(words.end(), strace_words.begin(), strace_words.end());
    const auto apply = plain_command();
    words.insert(words.end(), apply.begin(), apply.end());
    return words;
}

ExitCode Applier::run_plainly() {
    Process process{plain_command(), log_file()};
    return process.wait().value_or(-1);
}

ExitCode Applier::run(const std::vector<std::string>& strace_words) {
    Process process{command(strace_words), log_file()};
    const auto code = process.wait();
    REQUIRE_MESSAGE(code.has_value(), "it does not end:\n" << log());
    return *code;
}

std::map<std::string, unsigned> Applier::calls() {
    reset();
    CHECK(run({"-o", trace_file().string()}) >= 0);
    std::map<std::string, unsigned> counts;
    std::istringstream lines{read_file(trace_file())};
    for (std::string line; std::getline(lines, line);)
        if (const auto end = line.find('('); end != std::string::npos && line.find(' ') > end)
            ++counts[line.substr(0, end)];
    for (const char* before_main_or_after : {"execve", "exit_group"}) counts.erase(before_main_or_after);
    return counts;
}

std::string Applier::told() const {
    std::string text = log() + read_file(state() / "history.jsonl");
    if (fs::exists(state() / "outcomes"))
        for (const auto& entry : fs::directory_iterator{state() / "outcomes"})
            text += read_file(entry.path());
    return text;
}

void Applier::kill_programs() {
    for (const int version : {1, 2})
        for (const RunningProcess& process : processes_with(seconds(version))) ::kill(process.pid, SIGKILL);
    for (const RunningProcess& process : processes_with(root().string() + "/")) ::kill(process.pid, SIGKILL);
}

std::string Applier::recover_and_judge() {
    const auto files = make_files();
    const Settings settings = settings_of(scratch_.path() / "update.toml");
    const Layout layout{settings};
    Process watchdog{{WATCHDOG, "--config", (scratch_.path() / "update.toml").string()}, log_file()};
    const auto settled = [&] {
        const auto record = Journal{*files, layout}.load().record;
        const auto answer = ask(layout.watchdog_socket(), ipc::Request{}, 2s);
        return answer && (!record || record->filed) && (runs(1) || runs(2));
    };
    if (!holds_within(15s, settled)) return "it does not settle";
    std::string wrong;
    if (!holds_within(2s, [&] { return (wrong = judge()).empty(); }))
        return wrong;  // the program may start just now
    if (!watchdog.running()) return "the watchdog ended by itself";
    watchdog.stop();
    return "";
}

std::string Applier::judge() const {
    const std::string installed = read_file(root() / "bin/p");
    if (installed != old_ && installed != new_)
        return fmt::format("bin/p is torn, {} bytes", installed.size());
    ended_in_ = installed == old_ ? "old" : "new";
    if (!fs::exists(root() / "bin/p") ||
        (fs::status(root() / "bin/p").permissions() & fs::perms::owner_exec) == fs::perms::none)
        return "bin/p cannot be executed";
    const auto files = make_files();
    const auto record = Journal{*files, Layout{state(), root()}}.load().record;
    if (record && record->progress.state == State::needs_repair) return "needs repair: " + record->message;
    if (record && (record->progress.state == State::committed) != (installed == new_))
        return fmt::format("the journal says {}, and the {} version is installed",
                           row(record->progress.state).name, ended_in_);
    if (!runs(installed == old_ ? 1 : 2)) return "the installed version does not run";
    if (runs(installed == old_ ? 2 : 1)) return "the other version runs, too";
    for (const auto& entry : fs::directory_iterator{root() / "bin"})
        if (entry.path().filename() != "p") return "left over: " + entry.path().filename().string();
    if (!fs::exists(state() / "updates")) return "the watchdog has not begun";
    // A plan that never reached the journal is swept by the next update.
    for (const auto& entry : fs::directory_iterator{state() / "updates"})
        if (record && record->update_id == entry.path().filename())
            return "left over: updates/" + entry.path().filename().string();
    return "";
}

}  // namespace update::test
