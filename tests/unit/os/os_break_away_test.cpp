// Programs that outlive the one that started them.
#include <map>
#include <sstream>

#include "os/handshake.hpp"
#include "os/processes.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;
using namespace std::chrono_literals;

namespace {

Result<ProcessId> break_away(const Path& program, std::vector<std::string> arguments,
                             std::chrono::milliseconds timeout = 20s) {
    return make_processes()->break_away({program, std::move(arguments)}, timeout);
}

/// What the helper wrote about itself; waits for the file to appear (it is renamed into place).
std::map<std::string, std::string> facts(const Path& file) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!std::filesystem::exists(file) && std::chrono::steady_clock::now() < deadline) ::sched_yield();
    std::map<std::string, std::string> found;
    std::istringstream lines{get(file)};
    for (std::string line; std::getline(lines, line);) {
        const auto space = line.find(' ');
        found[line.substr(0, space)] = line.substr(space + 1);
    }
    return found;
}

void end(const ProcessId& id) {
    ::kill(static_cast<::pid_t>(id.pid), SIGKILL);
    CHECK(ends(id.pid));
}

/// A pipe whose write end the variable names.
struct HandshakePipe {
    int ends[2] = {-1, -1};
    HandshakePipe() {
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        ::setenv(handshake_variable, std::to_string(ends[1]).c_str(), 1);
    }
    ~HandshakePipe() { ::close(ends[0]); }
};

}  // namespace

TEST_CASE("a program that answered lives in a session, a group and under a parent of its own") {
    Scratch scratch;
    const int leak = ::open("/dev/null", O_RDONLY);
    const auto id = break_away(OS_TEST_HELPER, {"answer", (scratch / "facts").string()});
    ::close(leak);
    REQUIRE(id.has_value());
    CHECK(make_processes()->alive(*id));
    auto found = facts(scratch / "facts");
    CHECK(found["pid"] == std::to_string(id->pid));
    CHECK(found["group"] == std::to_string(id->pid));
    CHECK(found["session"] != std::to_string(::getsid(0)));
    CHECK(found["session"] != std::to_string(id->pid));  // not its leader: it can never get a terminal
    CHECK(found["parent"] != std::to_string(::getpid()));
    CHECK(found["descriptors"] == "0 1 2 3 ");  // 3 is the file that it writes this to
    CHECK(found["variable"] == "0");
    end(*id);
}

TEST_CASE("it survives the death of its starter's whole process group") {
    Scratch scratch;
    Helper starter{{"start", OS_TEST_HELPER, (scratch / "facts").string()}};
    const auto pid = std::stol(starter.line());
    auto found = facts(scratch / "facts");
    CHECK(found["pid"] == starter.line());
    starter.kill_group();
    const auto id = ProcessId{pid, 0};
    CHECK(::kill(static_cast<::pid_t>(pid), 0) == 0);
    CHECK(get("/proc/" + std::to_string(pid) + "/stat").find(") S ") != std::string::npos);
    end(id);
}

TEST_CASE("a program that does not answer in time is killed") {
    Scratch scratch;
    const auto id = break_away(OS_TEST_HELPER, {"keep-silent", (scratch / "facts").string()}, 500ms);
    CHECK(code(id) == ErrorCode::timed_out);
    auto found = facts(scratch / "facts");
    CHECK(ends(std::stol(found["pid"])));
    CHECK(found["descriptors"] == "0 1 2 3 4 ");  // the handshake, and the file that it writes this to
}

TEST_CASE("a program that ends without an answer is told at once") {
    const auto began = std::chrono::steady_clock::now();
    CHECK(code(break_away(OS_TEST_HELPER, {"die"}, 60s)) == ErrorCode::unsupported);
    CHECK(std::chrono::steady_clock::now() - began < 30s);
}

TEST_CASE("an answer for another process is refused, and the program is killed") {
    Scratch scratch;
    CHECK(code(break_away(OS_TEST_HELPER, {"lie", (scratch / "facts").string()})) == ErrorCode::refused);
    CHECK(ends(std::stol(facts(scratch / "facts")["pid"])));
}

TEST_CASE("a program that cannot be executed is told as by run") {
    Scratch scratch;
    put(scratch / "text", "<!DOCTYPE html>", 0755);
    put(scratch / "data", "#!/bin/sh\n", 0644);
    put(scratch / "script", "#!/absent/interpreter\n", 0755);
    CHECK(code(break_away(scratch / "absent", {})) == ErrorCode::not_found);
    CHECK(code(break_away(scratch / "text", {})) == ErrorCode::unsupported);
    CHECK(code(break_away(scratch / "data", {})) == ErrorCode::permission);
    CHECK(code(break_away(scratch / "script", {})) == ErrorCode::unsupported);
    CHECK(code(break_away("relative", {})) == ErrorCode::refused);
}

TEST_CASE("nothing is left open or uncollected by any of these ends") {
    Scratch scratch;
    const auto count = [] { return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}); };
    const auto before = count();
    const auto id = break_away(OS_TEST_HELPER, {"answer", (scratch / "facts").string()});
    (void)break_away(OS_TEST_HELPER, {"keep-silent", (scratch / "other").string()}, 300ms);
    (void)break_away(OS_TEST_HELPER, {"die"});
    (void)break_away("/absent", {});
    CHECK(count() == before);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    REQUIRE(id.has_value());
    end(*id);
}

TEST_CASE("the answer is one line with the process's number, and can be given once") {
    HandshakePipe pipe;
    CHECK(answer_handshake().has_value());
    std::array<char, 64> buffer{};
    const auto n = ::read(pipe.ends[0], buffer.data(), buffer.size());
    CHECK(std::string(buffer.data(), static_cast<std::size_t>(n)) ==
          "alive " + std::to_string(::getpid()) + "\n");
    CHECK(::read(pipe.ends[0], buffer.data(), buffer.size()) == 0);
    CHECK(code(answer_handshake()) == ErrorCode::not_found);
}

TEST_CASE("an answer to a starter that is gone is timed_out and not a deadly signal") {
    HandshakePipe pipe;
    ::close(std::exchange(pipe.ends[0], -1));
    CHECK(code(answer_handshake()) == ErrorCode::timed_out);
}

TEST_CASE("a variable that names no pipe is refused and its descriptor left alone") {
    const int file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (const auto& value : {std::to_string(file), std::string{"2"}, std::string{"x"}, std::string{}}) {
        CAPTURE(value);
        ::setenv(handshake_variable, value.c_str(), 1);
        CHECK(code(answer_handshake()) == ErrorCode::refused);
    }
    CHECK(::close(file) == 0);
}
