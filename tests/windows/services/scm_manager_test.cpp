#include <doctest/doctest.h>
#include <fstream>

#include "os/process_id.hpp"
#include "os/scm/manager.hpp"
#include "os/security.hpp"
#include "service/scm_command_line.hpp"
#include "windows/services/endpoint.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("a service that is not there is not found, with what to do") {
    Endpoint endpoint;
    const auto state = endpoint.scm().state(endpoint.agent());
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == ErrorCode::not_found);
    CHECK(state.error().message().find("updatectl service install") != std::string::npos);
}

TEST_CASE("a created service reads back as it was wanted, its program in quotes") {
    Endpoint endpoint;
    endpoint.create();
    const auto config = endpoint.scm().config(endpoint.agent());
    REQUIRE(config);
    CHECK(config->command_line == endpoint.wanted().command_line);
    CHECK_FALSE(is_ambiguous(config->command_line));
    CHECK(config->display_name == endpoint.wanted().display_name);
    CHECK(config->description == endpoint.wanted().description);
    CHECK(config->start == StartType::automatic);
    CHECK(config->account == "LocalSystem");
    CHECK(endpoint.state().phase == ScmPhase::stopped);
    CHECK_FALSE(last_exit(endpoint.state()));
}

TEST_CASE("recovery, failure flag, delayed start and rights read back as they were wanted") {
    Endpoint endpoint;
    endpoint.create();
    const auto config = endpoint.scm().config(endpoint.agent());
    REQUIRE(config);
    UPDATE_SKIP_UNDER_WINE("its service manager has neither recovery nor delayed start nor rights");
    CHECK(config->recovery == endpoint.wanted().recovery);
    CHECK(config->delayed == endpoint.wanted().delayed);
    CHECK(config->dacl == std::string{service_dacl});
}

TEST_CASE("a part that the manager does not know is absent, never as wanted") {
    Endpoint endpoint;
    endpoint.create();
    if (!runs_under_wine()) {
        MESSAGE("skipped: this service manager knows all parts");
        return;
    }
    const auto config = endpoint.scm().config(endpoint.agent());
    REQUIRE(config);
    CHECK_FALSE(config->recovery);
    CHECK_FALSE(config->delayed);
}

TEST_CASE("a service runs from its start until it is asked to stop, and ends as one that was asked") {
    Endpoint endpoint;
    endpoint.create();
    endpoint.start();
    CHECK(endpoint.reaches(ScmPhase::running));
    CHECK(endpoint.state().pid != 0);
    CHECK(endpoint.scm().start(endpoint.agent()));  // once more is no trouble
    REQUIRE(endpoint.scm().ask_to_stop(endpoint.agent()));
    CHECK(endpoint.reaches(ScmPhase::stopped));
    CHECK(is_held(endpoint.state(), ScmStop::by_others));
    CHECK(last_exit(endpoint.state()) == ExitStatus{false, 0});
    CHECK(endpoint.scm().ask_to_stop(endpoint.agent()));
}

TEST_CASE("an exit code is told as a failure of the service, so that recovery fires") {
    Endpoint endpoint{{"end", "1"}};
    endpoint.create();
    endpoint.start();
    REQUIRE(endpoint.reaches(ScmPhase::stopped));
    CHECK(endpoint.state().error == 1066);  // ERROR_SERVICE_SPECIFIC_ERROR
    CHECK(endpoint.state().specific == 1);
    CHECK(last_exit(endpoint.state()) == ExitStatus{false, 1});
    CHECK_FALSE(is_held(endpoint.state(), ScmStop::by_others));
}

TEST_CASE(
    "an end that nobody asked for is a failure with exit code 0, too, and no administrator's stop (I1)") {
    Endpoint endpoint{{"end", "0"}};
    endpoint.create();
    endpoint.start();
    REQUIRE(endpoint.reaches(ScmPhase::stopped));
    CHECK(endpoint.state().error == 1066);
    CHECK(last_exit(endpoint.state()) == ExitStatus{false, 0});
    CHECK_FALSE(is_held(endpoint.state(), ScmStop::by_others));
}

TEST_CASE("a service is starting until it says that it is ready") {
    Endpoint endpoint{{"slow", "1500"}};
    endpoint.create();
    endpoint.start();
    CHECK(endpoint.state().phase == ScmPhase::starting);
    CHECK(is_up(endpoint.state()));
    CHECK(endpoint.reaches(ScmPhase::running));
}

TEST_CASE("a removed service is gone") {
    Endpoint endpoint;
    endpoint.create();
    REQUIRE(endpoint.scm().remove(endpoint.agent()));
    CHECK(endpoint.eventually([&] {
        const auto state = endpoint.scm().state(endpoint.agent());
        return !state && state.error().code() == ErrorCode::not_found;
    }));
}

TEST_CASE("a program that is not there cannot be started") {
    Endpoint endpoint;
    endpoint.create();
    std::filesystem::remove(endpoint.settings().install_root / "agent.exe");
    const auto started = endpoint.scm().start(endpoint.agent());
    REQUIRE_FALSE(started);
    CHECK(started.error().code() == ErrorCode::not_found);
}

TEST_CASE("a disabled service is refused") {
    Endpoint endpoint;
    endpoint.create();
    endpoint.set_start_type(endpoint.agent(), 4);  // SERVICE_DISABLED
    CHECK(endpoint.state().start == StartType::disabled);
    const auto started = endpoint.scm().start(endpoint.agent());
    REQUIRE_FALSE(started);
    CHECK(started.error().code() == ErrorCode::refused);
}

TEST_CASE("what a service has started ends with it, whether it is stopped or killed") {
    enum class End { stopped, killed };
    for (const End end : {End::stopped, End::killed}) {
        Endpoint endpoint{{"family", "named below"}};
        const auto told = endpoint.folder() / "child";
        endpoint.settings().programs.front().arguments.back() = told.string();
        endpoint.create();
        endpoint.start();
        REQUIRE(endpoint.reaches(ScmPhase::running));
        std::int64_t pid = 0;
        std::ifstream{told} >> pid;
        const auto child = identify(pid);
        REQUIRE(child);
        if (end == End::killed)
            endpoint.kill();
        else
            REQUIRE(endpoint.scm().ask_to_stop(endpoint.agent()));
        CHECK(endpoint.eventually([&] { return !is_alive(*child); }));
    }
}
