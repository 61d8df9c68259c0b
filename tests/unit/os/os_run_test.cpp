// Programs that are run to their end.
#include <sstream>

#include "os/processes.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;
using namespace std::chrono_literals;

namespace {

Result<Ran> run(const Path& program, std::vector<std::string> arguments,
                std::chrono::milliseconds timeout = 20s) {
    return make_processes()->run({program, std::move(arguments), timeout});
}
Result<Ran> shell(const std::string& script, std::chrono::milliseconds timeout = 20s) {
    return run("/bin/sh", {"-c", script}, timeout);
}

}  // namespace

TEST_CASE("output and exit code are reported") {
    const auto ran = shell("echo hello; echo trouble >&2; exit 7");
    REQUIRE(ran.has_value());
    CHECK(ran->output == "hello\n");
    CHECK(ran->exit == ExitStatus{false, 7});
    CHECK_FALSE(ran->timed_out);
}

TEST_CASE("the signal that ended a program is reported") {
    const auto ran = shell("kill -TERM $$");
    REQUIRE(ran.has_value());
    CHECK(ran->exit == ExitStatus{true, SIGTERM});
}

TEST_CASE("arguments arrive as they are, spaces and quotes included") {
    const auto ran = run("/usr/bin/printf", {"%s|", "a b", "\"c'", ""});
    REQUIRE(ran.has_value());
    CHECK(ran->output == "a b|\"c'||");
}

TEST_CASE("the environment holds a path and a language and nothing of ours") {
    ::setenv("SECRET_KEY", "hunter2", 1);
    ::setenv("LD_LIBRARY_PATH", "/nowhere", 1);
    const auto ran = run("/usr/bin/env", {});
    ::unsetenv("SECRET_KEY");
    ::unsetenv("LD_LIBRARY_PATH");
    REQUIRE(ran.has_value());
    CHECK(ran->output == "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C.UTF-8\n");
}

TEST_CASE("a program gets the standard streams only, its own group, no input and a neutral folder") {
    const int leak = ::open("/dev/null", O_RDONLY);  // not close-on-exec, as a careless embedder opens it
    REQUIRE(leak >= 0);
    const auto ran = run(OS_TEST_HELPER, {"show"});
    ::close(leak);
    REQUIRE(ran.has_value());
    CHECK(ran->output == "descriptors 0 1 2 \nown group yes\ninput ended yes\nfolder /\n");
}

TEST_CASE("a blocked or ignored signal of ours is neither in the program") {
    ::sigset_t set, before;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set, &before);
    ::signal(SIGTERM, SIG_IGN);
    const auto ran = run("/usr/bin/grep", {"-E", "^Sig(Blk|Ign)", "/proc/self/status"});
    ::signal(SIGTERM, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    REQUIRE(ran.has_value());
    // Signals 32 and 33 belong to the C library, whose posix_spawn leaves them ignored.
    std::istringstream lines{ran->output};
    std::string blocked, ignored, word;
    lines >> word >> blocked >> word >> ignored;
    CHECK(std::stoull(blocked, nullptr, 16) == 0);
    CHECK((std::stoull(ignored, nullptr, 16) & ~(3ull << 31)) == 0);
}

TEST_CASE("whoever runs a program is called meanwhile, and can end it") {
    int looks = 0;
    const auto ran = make_processes()->run({"/bin/sleep", {"60"}, 60s, [&] { return ++looks < 3; }});
    REQUIRE(ran.has_value());
    CHECK(looks == 3);
    CHECK(ran->exit == ExitStatus{true, SIGKILL});
    CHECK_FALSE(ran->timed_out);
}

TEST_CASE("4 KiB of output are kept, the rest is drained so that the program can end") {
    const auto ran = run("/usr/bin/head", {"-c", "3000000", "/dev/zero"});
    REQUIRE(ran.has_value());
    CHECK(ran->output == std::string(4096, '\0'));
    CHECK(ran->exit == ExitStatus{});
}

TEST_CASE("a program that runs too long is killed with all that it started") {
    const auto ran = shell("sleep 1000 & echo $!; wait", 300ms);
    REQUIRE(ran.has_value());
    CHECK(ran->timed_out);
    CHECK(ran->exit == ExitStatus{true, SIGKILL});
    CHECK(ends(std::stol(ran->output)));
}

TEST_CASE("a descendant that keeps the output open does not delay the end") {
    const auto ran = shell("sleep 1000 & echo $!");
    REQUIRE(ran.has_value());
    CHECK_FALSE(ran->timed_out);
    CHECK(ran->exit == ExitStatus{});
    const auto descendant = std::stol(ran->output);
    CHECK(::kill(static_cast<::pid_t>(descendant), SIGKILL) == 0);
}

TEST_CASE("a program that is absent is not found") {
    Scratch scratch;
    put(scratch / "file", "");
    CHECK(code(run(scratch / "absent", {})) == ErrorCode::not_found);
    CHECK(code(run(scratch / "file/absent", {})) == ErrorCode::not_found);
}

TEST_CASE("a file of no known format is unsupported") {
    Scratch scratch;
    put(scratch / "text", "<!DOCTYPE html>", 0755);
    put(scratch / "empty", "", 0755);
    auto foreign = get(OS_TEST_HELPER);
    foreign[18] = '\x16';  // e_machine 22: S/390
    put(scratch / "foreign", foreign, 0755);
    for (const auto* name : {"text", "empty", "foreign"}) {
        CAPTURE(name);
        CHECK(code(run(scratch / name, {})) == ErrorCode::unsupported);
    }
}

TEST_CASE("a script whose interpreter is absent is unsupported, not absent") {
    Scratch scratch;
    put(scratch / "script", "#!/absent/interpreter\n", 0755);
    CHECK(code(run(scratch / "script", {})) == ErrorCode::unsupported);
}

TEST_CASE("a file that is not executable is a matter of permission") {
    Scratch scratch;
    put(scratch / "data", "#!/bin/sh\n", 0644);
    CHECK(code(run(scratch / "data", {})) == ErrorCode::permission);
}

TEST_CASE("a program that is being written is to be tried later") {
    Scratch scratch;
    std::filesystem::copy_file(OS_TEST_HELPER, scratch / "program");
    const int writer = ::open((scratch / "program").c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(writer >= 0);
    CHECK(code(run(scratch / "program", {})) == ErrorCode::retry_later);
    ::close(writer);
}

TEST_CASE("a program whose library is missing shows as exit code 127") {
    Scratch scratch;
    auto program = get(OS_TEST_HELPER);
    const auto at = program.find("libstdc++.so.6");
    REQUIRE(at != std::string::npos);
    program.replace(at, 14, "libabsent.so.6");
    put(scratch / "program", program, 0755);
    const auto ran = run(scratch / "program", {"show"});
    REQUIRE(ran.has_value());
    CHECK(ran->exit == ExitStatus{false, 127});
}

TEST_CASE("a program is never searched for") { CHECK(code(run("env", {})) == ErrorCode::refused); }

TEST_CASE("a run without a time limit is a bug of the caller") {
    CHECK(code(run("/usr/bin/env", {}, 0ms)) == ErrorCode::bug);
}

TEST_CASE("an exit code that the embedding program throws away is not invented") {
    ::signal(SIGCHLD, SIG_IGN);
    const auto ran = shell("exit 7");
    ::signal(SIGCHLD, SIG_DFL);
    CHECK(code(ran) == ErrorCode::bug);
}

TEST_CASE("nothing is left open or uncollected afterwards") {
    const auto count = [] { return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}); };
    const auto before = count();
    (void)shell("echo hello");
    (void)shell("sleep 1000", 50ms);
    (void)run("/absent", {});
    CHECK(count() == before);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
}

TEST_CASE("a program runs also where the standard streams are closed") {
    const auto child = ::fork();
    if (child == 0) {
        for (int fd : {0, 1, 2}) ::close(fd);
        const auto ran = shell("echo hello");
        ::_exit(ran && ran->output == "hello\n" ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}
