// Programs that are run to their end, and programs that outlive the one that started them.
#include "os/handshake.hpp"
#include "os/job.hpp"
#include "os/locks.hpp"
#include "os/process_id.hpp"
#include "os/processes.hpp"
#include "os/spawn.hpp"
#include "os/start_process.hpp"
#include "os/wide.hpp"
#include "processes.hpp"
#include "service/scm_command_line.hpp"
// Not before windows.h.
#include <shellapi.h>

using namespace update;
using namespace windows_test;

namespace {

Result<Ran> run(std::vector<std::string> arguments, std::chrono::milliseconds timeout = plenty) {
    return make_processes()->run({helper, std::move(arguments), timeout});
}
Result<ProcessId> break_away(std::vector<std::string> arguments, std::chrono::milliseconds timeout = plenty) {
    return make_processes()->break_away({helper, std::move(arguments)}, timeout);
}
const std::vector<std::string> awkward{
    "a b",        "\"c'",      "",       "\\",    "ends with\\",         "\\\\\"",
    "a\\\"b c\\", "tab\there", "%PATH%", "^&|<>", "\xC3\xA4\xE2\x82\xAC"};

/// The helper in a job of the test's.
StartedProcess start_in(void* job, const std::vector<std::string>& arguments) {
    const Command command{helper, arguments, {}};
    ProcessStart start{command, scrubbed_environment()};
    start.job = job;
    auto started = start_process(start);
    REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().message()));
    return std::move(*started);
}

}  // namespace

TEST_CASE("what takes a command line apart finds the arguments that went in") {
    std::vector<std::string> list{"C:\\a program.exe"};
    list.insert(list.end(), awkward.begin(), awkward.end());
    int count = 0;
    const LocalMemory owner{::CommandLineToArgvW(to_wide(windows_command_line(list))->c_str(), &count)};
    const auto* found = owner.as<wchar_t**>();
    REQUIRE(count == static_cast<int>(list.size()));
    for (int i = 0; i < count; ++i) CHECK(to_utf8(found[i]) == list[static_cast<std::size_t>(i)]);
}

TEST_CASE("a program gets its arguments as they are") {
    std::vector<std::string> list{"arguments"};
    list.insert(list.end(), awkward.begin(), awkward.end() - 1);  // the helper's own are in the old code page
    const auto ran = run(list);
    REQUIRE(ran.has_value());
    std::string expected;
    for (std::size_t i = 1; i < list.size(); ++i) expected += list[i] + '\0';
    CHECK(ran->output == expected);
}

TEST_CASE("output and exit code are reported") {
    const auto ran = run({"exit", "7"});
    REQUIRE(ran.has_value());
    CHECK(ran->exit == ExitStatus{false, 7});
    CHECK_FALSE(ran->timed_out);
}

TEST_CASE("an end by an error of the system is none by the program's own will") {
    const auto ran = run({"crash"});
    REQUIRE(ran.has_value());
    CHECK(ran->exit == ExitStatus{true, static_cast<int>(0xC0000005)});
}

TEST_CASE("the environment holds what every program needs and nothing of ours") {
    ::SetEnvironmentVariableA("SECRET_KEY", "hunter2");
    const auto ran = run({"environment"});
    ::SetEnvironmentVariableA("SECRET_KEY", nullptr);
    REQUIRE(ran.has_value());
    CHECK(ran->output.find("SECRET_KEY") == std::string::npos);
    CHECK(ran->output.find("SystemRoot=C:\\windows") != std::string::npos);
}

TEST_CASE("a program has no input and a folder that no user can write to") {
    const auto ran = run({"show"});
    REQUIRE(ran.has_value());
    CHECK(ran->output.find("input ended yes") != std::string::npos);
    CHECK(ran->output.find("system32") != std::string::npos);
}

TEST_CASE("4 KiB of output are kept, the rest is drained so that the program can end") {
    const auto ran = run({"flood"});
    REQUIRE(ran.has_value());
    CHECK(ran->output == std::string(4096, 'x'));
    CHECK(ran->exit == ExitStatus{});
}

TEST_CASE("a program that runs too long is killed with all that it started") {
    const auto ran = run({"leave-child", "and stay"}, 3s);
    REQUIRE(ran.has_value());
    CHECK(ran->timed_out);
    CHECK(ran->exit == ExitStatus{true, 9});
    CHECK(ends(std::stol(ran->output)));
}

TEST_CASE("whoever runs a program is called meanwhile, and can end it") {
    int looks = 0;
    const auto ran =
        make_processes()->run({helper, {"leave-child", "and stay"}, plenty, [&] { return ++looks < 20; }});
    REQUIRE(ran.has_value());
    CHECK(looks == 20);
    CHECK(ran->exit == ExitStatus{true, 9});
    CHECK_FALSE(ran->timed_out);
}

TEST_CASE("a descendant that keeps the output open delays nothing, and goes on") {
    const auto ran = run({"leave-child"});
    REQUIRE(ran.has_value());
    CHECK_FALSE(ran->timed_out);
    CHECK(ran->exit == ExitStatus{});
    const auto descendant = std::stol(ran->output);
    CHECK(lives(descendant));
    end(descendant);
}

TEST_CASE("a program that cannot be started is told with the reason") {
    Folder folder;
    write(folder / "text.exe", "<!DOCTYPE html>");
    write(folder / "empty.exe", "");
    write(folder / "script.bat", "exit 0");
    const auto processes = make_processes();
    CHECK(code(processes->run({folder / "absent.exe", {}, plenty})) == ErrorCode::not_found);
    CHECK(code(processes->run({folder / "text.exe", {}, plenty})) == ErrorCode::unsupported);
    CHECK(code(processes->run({folder / "empty.exe", {}, plenty})) == ErrorCode::unsupported);
    CHECK(code(processes->run({folder / "script.bat", {}, plenty})) == ErrorCode::refused);
    CHECK(code(processes->run({"cmd.exe", {}, plenty})) == ErrorCode::refused);
    CHECK(code(processes->run({helper, {}, 0ms})) == ErrorCode::bug);
}

TEST_CASE("nothing is left open afterwards") {
    const auto count = [] {
        DWORD handles = 0;
        ::GetProcessHandleCount(::GetCurrentProcess(), &handles);
        return handles;
    };
    (void)run({"exit", "0"}).has_value();  // what the system opens once
    const auto before = count();
    (void)run({"exit", "0"}).has_value();
    (void)run({"stay"}, 50ms).has_value();
    (void)make_processes()->run({"C:\\absent.exe", {}, plenty}).has_value();
    (void)break_away({"exit", "3"}).has_value();
    if (before == 0) SKIP_UNDER_WINE("it does not count handles");
    CHECK(count() == before);
}

TEST_CASE("this process is alive, and one with its number and another start is another process") {
    auto self = make_processes()->self();
    CHECK(self.pid == ::GetCurrentProcessId());
    CHECK(is_alive(self));
    self.start_ticks += 1;
    CHECK_FALSE(is_alive(self));
}

TEST_CASE("numbers that no process can have are not found") {
    for (const std::int64_t pid : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
        CHECK(code(identify(pid)) == ErrorCode::not_found);
        CHECK_FALSE(is_alive({pid, 1}));
    }
}

TEST_CASE("a process that ended is not alive while somebody still holds it") {
    auto job = Job::create({}, JobEnd::with_its_last_handle);
    REQUIRE(job.has_value());
    const auto started = start_in(job->get(), {"stay"});
    CHECK(is_alive(started.id));
    job->terminate();
    CHECK(ends(started.id.pid));
    CHECK_FALSE(is_alive(started.id));
}

TEST_CASE("a lock is its holder's for as long as that lives, and hinders nobody once it was killed") {
    Folder folder;
    const Path lock = folder / "lock";
    auto job = Job::create({}, JobEnd::with_its_last_handle);
    REQUIRE(job.has_value());
    const auto holder = start_in(job->get(), {"hold", lock.string(), (folder / "told").string()});
    CHECK(told(folder / "told").at(0) == std::to_string(holder.id.pid));
    CHECK(code(make_locks()->try_lock(lock)) == ErrorCode::retry_later);
    end(holder.id.pid);
    CHECK(make_locks()->try_lock(lock).has_value());
    CHECK(std::filesystem::exists(lock));  // the file stays and means nothing
}

TEST_CASE("a program that answered goes on, and its environment no longer names the pipe") {
    Folder folder;
    const auto id = break_away({"answer", (folder / "told").string()});
    REQUIRE_MESSAGE(id.has_value(), (id ? "" : id.error().message() + "; " + read(folder / "told")));
    CHECK(make_processes()->alive(*id));
    const auto words = told(folder / "told");
    CHECK(words.at(0) == std::to_string(id->pid));
    CHECK(words.at(1) == "removed");
    end(id->pid);
}

TEST_CASE("a program that does not answer in time is killed") {
    Folder folder;
    CHECK(code(break_away({"keep-silent", (folder / "told").string()}, 3s)) == ErrorCode::timed_out);
    CHECK(ends(std::stol(told(folder / "told").at(0))));
}

TEST_CASE("a program that ends without an answer is told at once") {
    const auto began = EventLoop::now();
    CHECK(code(break_away({"exit", "3"}, 120s)) == ErrorCode::unsupported);
    CHECK(EventLoop::now() - began < 60s);
}

TEST_CASE("an answer for another process is refused, and the program is killed") {
    Folder folder;
    CHECK(code(break_away({"lie", (folder / "told").string()})) == ErrorCode::refused);
    CHECK(ends(std::stol(told(folder / "told").at(0))));
}

TEST_CASE("a program that cannot be started is told as by run when it shall break away") {
    Folder folder;
    write(folder / "text.exe", "<!DOCTYPE html>");
    const auto processes = make_processes();
    CHECK(code(processes->break_away({folder / "absent.exe", {}}, plenty)) == ErrorCode::not_found);
    CHECK(code(processes->break_away({folder / "text.exe", {}}, plenty)) == ErrorCode::unsupported);
    CHECK(code(processes->break_away({"relative.exe", {}}, plenty)) == ErrorCode::refused);
}

TEST_CASE("with the job of its starter a plain child dies, and one that broke away lives (I2)") {
    Folder folder;
    auto job = Job::create({}, JobEnd::with_its_last_handle);
    REQUIRE(job.has_value());
    const auto starter = start_in(job->get(), {"start-both", (folder / "told").string()});
    const auto words = told(folder / "told");
    REQUIRE_MESSAGE(words.size() == 2, read(folder / "told"));
    const auto plain = std::stol(words[0]), away = std::stol(words[1]);
    CHECK(lives(plain));
    *job = Job{};  // its last handle
    CHECK(ends(starter.id.pid));
    CHECK(ends(plain));
    CHECK(lives(away));
    end(away);
}

TEST_CASE("where the job lets nobody leave, the helper's way is unsupported and nothing is left of it") {
    Folder folder;
    const Handle strict{::CreateJobObjectW(nullptr, nullptr)};
    REQUIRE(strict);
    const auto starter = start_in(strict.get(), {"start-both", (folder / "told").string()});
    REQUIRE(appears(folder / "told"));
    CHECK(read(folder / "told").find("this process's job does not let programs leave it") !=
          std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "told.away"));
    ::TerminateJobObject(strict.get(), 0);
    CHECK(ends(starter.id.pid));
}

TEST_CASE("a variable that names no pipe of ours is refused") {
    for (const char* value : {"3", "C:\\file", "\\\\.\\pipe\\other", "\\\\.\\pipe\\update-handshake-a\\b"}) {
        CAPTURE(value);
        ::_putenv_s(handshake_variable, value);
        CHECK(code(answer_handshake()) == ErrorCode::refused);
    }
    ::_putenv_s(handshake_variable, "\\\\.\\pipe\\update-handshake-nobody");
    CHECK(code(answer_handshake()) == ErrorCode::timed_out);
    CHECK(code(answer_handshake()) == ErrorCode::not_found);
}
