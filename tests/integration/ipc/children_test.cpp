#include "world.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("an exit is reported with its code") {
    World world;
    world.install_script("exit 7");
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until([&] { return !world.exits.empty(); }));
    CHECK(world.exits.size() == 1);
    CHECK(world.exits[0].program == "agent");
    CHECK(world.exits[0].status == ExitStatus{false, 7});
    CHECK_FALSE(world.status().running);
    CHECK(world.status().last_exit == ExitStatus{false, 7});
}

TEST_CASE("a death by signal is reported with the signal") {
    World world;
    world.install_script("kill -SEGV $$");
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until([&] { return !world.exits.empty(); }));
    CHECK(world.exits[0].status == ExitStatus{true, SIGSEGV});
}

TEST_CASE(
    "the status of a program whose exit was not reported yet is not running, and the exit still comes") {
    World world;
    world.install_script("exit 3");
    REQUIRE(world.services->start("agent"));
    const Instant deadline = EventLoop::now() + plenty;
    while (world.status().running && EventLoop::now() < deadline) ::poll(nullptr, 0, 1);
    CHECK(world.exits.empty());
    REQUIRE(world.run_until([&] { return !world.exits.empty(); }));
    CHECK(world.exits[0].status == ExitStatus{false, 3});
}

TEST_CASE("the run record is on disk before the program's first instruction") {
    World world;
    world.install_script("cat " + world.layout().pid_file("agent").string() +
                         " > $1/x; mv $1/x $1/seen; exec sleep 600");
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until_there("seen"));
    const ProcessId process = world.status().process;
    CHECK(read_all(world.out("seen")) ==
          std::to_string(process.pid) + " " + std::to_string(process.start_ticks) + " " +
              read_all("/proc/sys/kernel/random/boot_id").substr(0, 36) + " agent\n");
}

TEST_CASE(
    "a program starts in a clean place: own session, no descriptors, default signals, scrubbed environment") {
    World world;
    std::filesystem::copy_file(PROBE, world.settings.install_root / "bin/agent");
    world.settings.programs[0].arguments = {world.out("facts").string()};
    world.options.config_file = "/etc/agent.toml";
    world.restart_supervisor();
    ::setenv("SECRET_KEY", "hunter2", 1);
    ::setenv("PATH", "/tmp/evil", 1);
    REQUIRE(world.loop->watch_requests([](EventLoop::Request) {}));
    REQUIRE(::open("/dev/null", O_RDONLY) >= 0);  // leaks into programs that are started carelessly
    struct sigaction ignore {
    }, before{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before);
    REQUIRE(world.services->start("agent"));
    ::sigaction(SIGPIPE, &before, nullptr);
    REQUIRE(world.run_until_there("facts"));
    CHECK(read_all(world.out("facts")) ==
          "descriptors 3\nsession leader 1\ngroup leader 1\ndefault signals 1\nfolder /\n"
          "env PATH=/usr/sbin:/usr/bin:/sbin:/bin\nenv LANG=C.UTF-8\nenv UPDATE_SUPERVISOR=1\nenv "
          "UPDATE_SOCKET=" +
              world.layout().watchdog_socket().string() + "\nenv UPDATE_CONFIG=/etc/agent.toml\n");
}

TEST_CASE("a program is told of the proxies that its supervisor was told of") {
    World world;
    std::filesystem::copy_file(PROBE, world.settings.install_root / "bin/agent");
    world.settings.programs[0].arguments = {world.out("facts").string()};
    world.restart_supervisor();
    ::setenv("https_proxy", "http://proxy.example:3128", 1);
    ::setenv("NO_PROXY", "localhost", 1);
    REQUIRE(world.services->start("agent"));
    ::unsetenv("https_proxy");
    ::unsetenv("NO_PROXY");
    REQUIRE(world.run_until_there("facts"));
    const std::string facts = read_all(world.out("facts"));
    CHECK(facts.find("env https_proxy=http://proxy.example:3128\n") != std::string::npos);
    CHECK(facts.find("env NO_PROXY=localhost\n") != std::string::npos);
}

TEST_CASE("starting what runs succeeds and starts nothing") {
    World world;
    world.install_script(until_told);
    REQUIRE(world.services->start("agent"));
    const ProcessId first = world.status().process;
    CHECK(world.services->start("agent").has_value());
    CHECK(world.status().process == first);
}

TEST_CASE("a program that cannot be executed is reported with the reason, and leaves no trace") {
    World world;
    const auto code = [&] {
        const Status started = world.services->start("agent");
        REQUIRE_FALSE(started.has_value());
        CHECK_FALSE(world.status().running);
        CHECK_FALSE(std::filesystem::exists(world.layout().pid_file("agent")));
        return started.error().code();
    };
    SUBCASE("absent") { CHECK(code() == ErrorCode::not_found); }
    SUBCASE("not executable") {
        world.install_script("exit 0", 0644);
        CHECK(code() == ErrorCode::permission);
    }
    SUBCASE("no program at all") {
        world.install("just text\n");
        CHECK(code() == ErrorCode::unsupported);
    }
    SUBCASE("interpreter missing") {
        world.install("#!/no/such/interpreter\n");
        CHECK(code() == ErrorCode::unsupported);
    }
    world.run_until([] { return true; });
    CHECK(world.exits.empty());
}

TEST_CASE("a program that nobody configured is not found") {
    World world;
    CHECK(world.services->start("other").error().code() == ErrorCode::not_found);
    CHECK(world.services->status("other").error().code() == ErrorCode::not_found);
}

TEST_CASE("stopping asks with SIGTERM, waits for the end and does not report it as an exit") {
    World world;
    world.install_script("trap 'echo bye > $1/bye; exit 0' TERM; echo > $1/up; while :; do sleep 0.01; done");
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until_there("up"));
    const ProcessId process = world.status().process;
    CHECK(world.services->stop("agent").has_value());
    CHECK_FALSE(is_running(process.pid));
    CHECK(std::filesystem::exists(world.out("bye")));
    CHECK(world.status().last_exit == ExitStatus{false, 0});
    CHECK_FALSE(world.status().running);
    world.loop->run_once(Instant::min());
    CHECK(world.exits.empty());
}

TEST_CASE("a program that ignores SIGTERM is killed after its time, with its grandchildren") {
    World world;
    world.settings.programs[0].stop_timeout = 100ms;
    world.restart_supervisor();
    world.install_script(
        "trap '' TERM; sleep 600 & echo $! > $1/x; mv $1/x $1/grandchild; while :; do sleep 1; done");
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until_there("grandchild"));
    const std::int64_t grandchild = std::stoll(read_all(world.out("grandchild")));
    const std::int64_t agent = world.status().process.pid;
    const Instant begin = EventLoop::now();
    CHECK(world.services->stop("agent").has_value());
    CHECK(EventLoop::now() - begin >= 100ms);
    CHECK_FALSE(is_running(agent));
    CHECK(world.run_until([&] { return !is_running(grandchild); }));
    CHECK(world.status().last_exit == ExitStatus{true, SIGKILL});
}

TEST_CASE("what an ended program left in its group ends too, whether it was stopped or crashed") {
    World world;
    world.install_script("sleep 600 & echo $! > $1/x; mv $1/x $1/grandchild; trap 'exit 0' TERM; wait");
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until_there("grandchild"));
    const std::int64_t grandchild = std::stoll(read_all(world.out("grandchild")));
    SUBCASE("stopped") { CHECK(world.services->stop("agent").has_value()); }
    SUBCASE("crashed") {
        ::kill(static_cast<pid_t>(world.status().process.pid), SIGKILL);
        CHECK(world.run_until([&] { return !world.exits.empty(); }));
    }
    CHECK(world.run_until([&] { return !is_running(grandchild); }));
}

TEST_CASE("a stopped (SIGSTOP) program can be ended") {
    World world;
    world.settings.programs[0].stop_timeout = 50ms;
    world.restart_supervisor();
    world.install_script(until_told);
    REQUIRE(world.services->start("agent"));
    ::kill(static_cast<pid_t>(world.status().process.pid), SIGSTOP);
    CHECK(world.services->stop("agent").has_value());
}

TEST_CASE("while a stop waits the event loop runs, and the same program can be neither started nor stopped") {
    World world;
    world.settings.programs[0].stop_timeout = 100ms;
    world.restart_supervisor();
    world.install_script("trap '' TERM; echo > $1/up; while :; do sleep 1; done");
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until_there("up"));
    int tried = 0;
    world.loop->call_at(EventLoop::now() + 10ms, [&] {
        CHECK(world.services->start("agent").error().code() == ErrorCode::retry_later);
        CHECK(world.services->stop("agent").error().code() == ErrorCode::retry_later);
        CHECK(world.status().running);
        ++tried;
    });
    const Instant begin = EventLoop::now();
    CHECK(world.services->stop("agent").has_value());
    CHECK(EventLoop::now() - begin < 1500ms);  // neither waited for itself
    CHECK(tried == 1);
}

TEST_CASE("stopping what does not run succeeds") {
    World world;
    world.install_script("exit 0");
    CHECK(world.services->stop("agent").has_value());
    REQUIRE(world.services->start("agent"));
    REQUIRE(world.run_until([&] { return !world.exits.empty(); }));
    CHECK(world.services->stop("agent").has_value());
}

TEST_CASE("a program held by the administrator is not started, and can be stopped") {
    World world;
    world.install_script(until_told);
    REQUIRE(world.services->start("agent"));
    std::ofstream{world.layout().held_file("agent")} << "maintenance";
    CHECK(world.status().held_by_administrator);
    CHECK(world.services->start("agent").has_value());  // it runs
    CHECK(world.services->stop("agent").has_value());
    CHECK(world.services->start("agent").error().code() == ErrorCode::refused);
    CHECK_FALSE(world.status().running);
    std::filesystem::remove(world.layout().held_file("agent"));
    CHECK(world.services->start("agent").has_value());
}

TEST_CASE("the restart path is judged by who supervises, the image and the hold") {
    World world;
    const auto problems = [&] {
        std::size_t count = 0;
        const auto findings = world.services->check_restart_path("agent");
        REQUIRE(findings.has_value());
        for (const Finding& finding : *findings) {
            CHECK(finding.cure.empty() == finding.ok);
            count += finding.ok ? 0 : 1;
        }
        return count;
    };
    CHECK(problems() == 1);  // no image
    world.install_script("exit 0");
    CHECK(problems() == 0);
    std::ofstream{world.layout().held_file("agent")} << "";
    CHECK(problems() == 1);
    std::filesystem::remove(world.layout().held_file("agent"));
    world.options.supervisor = Supervisor::watchdog;
    world.restart_supervisor();
    CHECK(problems() == 1);  // no watchdog
    ::chmod(world.layout().run().c_str(), 0700);
    IpcServerOptions options;
    options.socket = world.layout().watchdog_socket();
    const ServerThread watchdog{options, agree};
    CHECK(problems() == 0);
}
