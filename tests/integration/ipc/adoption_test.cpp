#include <algorithm>
#include <iostream>
#include <random>

#include "world.hpp"

using namespace update;
using namespace update::test;

namespace {

/// Starts the agent from another process, which is then killed. Returns the agent's pid.
std::int64_t start_by_a_supervisor_that_dies(World& world) {
    CHECK(in_child([&] {
              world.become_another_supervisor();
              return world.services->start("agent") ? ::raise(SIGKILL) : 1;
          }) == 128 + SIGKILL);
    REQUIRE(world.run_until_there("up"));
    return std::stoll(read_all(world.out("up")));
}

/// Some process that is none of ours to end.
class Bystander {
 public:
    Bystander() : pid_{::fork()} {
        if (pid_ == 0) {
            ::setpgid(0, 0);
            ::execl("/bin/sleep", "sleep", "600", nullptr);
            ::_exit(127);
        }
    }
    ~Bystander() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    pid_t pid() const { return pid_; }
    std::uint64_t start_ticks() const {
        std::istringstream fields{read_all("/proc/" + std::to_string(pid_) + "/stat")};
        std::string word;
        for (int field = 1; field <= 22; ++field) fields >> word;
        return std::stoull(word);
    }

 private:
    pid_t pid_;
};

std::string boot_id() { return read_all("/proc/sys/kernel/random/boot_id").substr(0, 36); }

int lines(const std::string& text) { return static_cast<int>(std::ranges::count(text, '\n')); }

}  // namespace

TEST_CASE("a program whose supervisor was killed is adopted, not started twice") {
    World world;
    world.install_script(until_told);
    const std::int64_t pid = start_by_a_supervisor_that_dies(world);
    REQUIRE(world.services->adopt());
    CHECK(world.services->supervises(pid));
    CHECK(world.status().running);
    CHECK(world.services->start("agent").has_value());
    CHECK(world.status().process.pid == pid);
    CHECK(is_running(pid));
}

TEST_CASE("the exit of an adopted program is seen, though not how it ended") {
    World world;
    world.install_script(until_told);
    const std::int64_t pid = start_by_a_supervisor_that_dies(world);
    REQUIRE(world.services->adopt());
    ::kill(static_cast<pid_t>(pid), SIGKILL);
    REQUIRE(world.run_until([&] { return !world.exits.empty(); }));
    CHECK_FALSE(world.exits[0].status.has_value());
    CHECK_FALSE(world.services->supervises(pid));
    CHECK_FALSE(world.status().running);
}

TEST_CASE("an adopted program is stopped like an own one") {
    World world;
    world.install_script(until_told);
    const std::int64_t pid = start_by_a_supervisor_that_dies(world);
    CHECK(world.services->stop("agent").has_value());
    CHECK_FALSE(is_running(pid));
    CHECK(world.exits.empty());
}

TEST_CASE("a supervisor that was replaced in the same process still learns how its children end") {
    World world;
    world.install_script("echo > $1/up; while [ ! -e $1/go ]; do sleep 0.01; done; exit 5");
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until_there("up"));
    world.restart_supervisor();
    REQUIRE(world.services->adopt());
    std::ofstream{world.out("go")} << "";
    REQUIRE(world.run_until([&] { return !world.exits.empty(); }));
    CHECK(world.exits[0].status == ExitStatus{false, 5});
}

TEST_CASE("a program is known again after its image was replaced, moved or deleted") {
    World world;
    world.install_script(until_told);
    const std::int64_t pid = start_by_a_supervisor_that_dies(world);
    SUBCASE("replaced") { world.install_script("exit 1"); }
    SUBCASE("deleted") { std::filesystem::remove(world.settings.install_root / "bin/agent"); }
    SUBCASE("moved") {
        std::filesystem::rename(world.settings.install_root / "bin/agent",
                                world.settings.install_root / "bin/agent.old");
    }
    CHECK(world.services->start("agent").has_value());
    CHECK(world.status().process.pid == pid);
}

TEST_CASE("a process that has the recorded number but another start or boot is not the program") {
    World world;
    const Bystander bystander;
    world.install_script(until_told);
    const std::string ticks = std::to_string(bystander.start_ticks());
    std::string record;
    SUBCASE("started later") { record = std::to_string(bystander.start_ticks() - 1) + " " + boot_id(); }
    SUBCASE("other boot") { record = ticks + " 00000000-0000-0000-0000-000000000000"; }
    std::ofstream{world.layout().pid_file("agent")} << bystander.pid() << " " << record << " agent\n";
    CHECK_FALSE(world.status().running);
    CHECK(world.services->stop("agent").has_value());
    CHECK(is_running(bystander.pid()));
    CHECK(world.services->start("agent").has_value());
    CHECK(world.status().process.pid != bystander.pid());
    CHECK(is_running(bystander.pid()));
}

TEST_CASE("a run record that a power cut left behind means that nothing runs") {
    World world;
    world.install_script(until_told);
    for (const std::string& record :
         {std::string{}, std::string(64, '\0'), std::string{"4711"}, std::string{"-1 5 x agent\n"}}) {
        std::ofstream{world.layout().pid_file("agent")} << record;
        CHECK_FALSE(world.status().running);
    }
    CHECK(world.services->start("agent").has_value());
}

TEST_CASE("a run record that cannot be read is an error, never 'not running'") {
    World world;
    world.install_script(until_told);
    SUBCASE("folder") { std::filesystem::create_directory(world.layout().pid_file("agent")); }
    SUBCASE("link") { std::filesystem::create_symlink("/etc/passwd", world.layout().pid_file("agent")); }
    CHECK_FALSE(world.services->status("agent").has_value());
    CHECK_FALSE(world.services->start("agent").has_value());
    CHECK_FALSE(world.services->stop("agent").has_value());
    std::filesystem::remove(world.layout().pid_file("agent"));
}

TEST_CASE("a program that has ended but was not waited for by its parent does not count as running") {
    World world;
    world.install_script(until_told);
    int ready[2];
    REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    // The supervisor lives on and never asks how its child ended.
    const pid_t supervisor = ::fork();
    if (supervisor == 0) {
        world.become_another_supervisor();
        const bool started = world.services->start("agent").has_value();
        ::kill(static_cast<pid_t>(world.status().process.pid), SIGKILL);
        while (world.status().running) ::poll(nullptr, 0, 1);
        (void)!::write(ready[1], started ? "1" : "0", 1);
        ::pause();
    }
    char answer = 0;
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    CHECK(answer == '1');
    CHECK_FALSE(world.status().running);
    CHECK(world.services->start("agent").has_value());
    CHECK(world.status().running);
    ::kill(supervisor, SIGKILL);
    ::waitpid(supervisor, nullptr, 0);
}

TEST_CASE("eight supervisors that start one program at the same moment start it once") {
    World world;
    world.install_script("echo $$ >> $1/starts; exec sleep 600");
    std::vector<pid_t> supervisors;
    int gate[2];
    REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
    for (int i = 0; i < 8; ++i) {
        supervisors.push_back(::fork());
        if (supervisors.back() != 0) continue;
        ::close(gate[1]);
        char byte = 0;
        (void)!::read(gate[0], &byte, 1);  // opens for all when the last writer is gone
        world.become_another_supervisor();
        ::_exit(world.services->start("agent") ? 0 : 1);
    }
    ::close(gate[1]);
    ::close(gate[0]);
    for (const pid_t supervisor : supervisors) {
        int status = 0;
        REQUIRE(::waitpid(supervisor, &status, 0) == supervisor);
        CHECK(status == 0);
    }
    REQUIRE(world.run_until([&] { return lines(read_all(world.out("starts"))) > 0; }));
    CHECK(world.services->stop("agent").has_value());
    CHECK(lines(read_all(world.out("starts"))) == 1);
}

TEST_CASE("however a supervisor is killed while it starts a program, the next one ends up with exactly one") {
    const unsigned seed = std::getenv("SEED") != nullptr
                              ? static_cast<unsigned>(std::atoi(std::getenv("SEED")))
                              : std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937 random{seed};
    int started_by_the_dead = 0;
    for (int round = 0; round < 60; ++round) {
        World world;
        world.install_script("echo $$ >> $1/starts; exec sleep 600");
        const pid_t supervisor = ::fork();
        if (supervisor == 0) {
            world.become_another_supervisor();
            (void)world.services->start("agent").has_value();
            ::pause();
        }
        const timespec moment{0, static_cast<long>(random() % 3'000'000)};
        ::ppoll(nullptr, 0, &moment, nullptr);
        ::kill(supervisor, SIGKILL);
        ::waitpid(supervisor, nullptr, 0);
        REQUIRE(world.services->start("agent").has_value());
        const std::string only = std::to_string(world.status().process.pid) + "\n";
        REQUIRE(world.run_until([&] { return lines(read_all(world.out("starts"))) > 0; }));
        ::kill(static_cast<pid_t>(world.status().process.pid), SIGKILL);
        REQUIRE(world.run_until([&] { return !world.exits.empty(); }));
        CHECK(read_all(world.out("starts")) == only);
        started_by_the_dead += world.exits[0].status.has_value() ? 0 : 1;
    }
    std::cout << started_by_the_dead << " of 60 had been started by the killed supervisor\n";
    CHECK(started_by_the_dead > 0);
    CHECK(started_by_the_dead < 60);
}
