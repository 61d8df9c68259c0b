// The exit-code route with the real service manager. Wine's never restarts a service, so the test plays the
// SCM's recovery: it looks that the end was told as a failure, which is what recovery fires on, and starts
// the service.
#include "unit/os/windows/step_killer.hpp"
#include "windows/services/lonely.hpp"

using namespace update;
using namespace update::test;

namespace {

/// Its program has stepped aside, and the new one has not taken the name.
void kill_while_its_name_is_empty(Lonely& endpoint) {
    const fs::path agent = endpoint.settings().install_root / "agent.exe";
    windows_test::StepKiller process{static_cast<DWORD>(endpoint.state().pid)};
    REQUIRE(process.kill_when([&] { return !fs::exists(agent); }));
    REQUIRE(endpoint.programs() == ".update-one agent.exe.old");
}

}  // namespace

TEST_CASE(
    "the agent swaps and ends as a failed service; once the manager starts it, the new version commits "
    "(I1)") {
    Lonely endpoint{"offering_agent_1.1.exe", "exit-code"};
    endpoint.start();
    REQUIRE_MESSAGE(endpoint.reaches(ScmPhase::stopped), endpoint.log());
    INFO(endpoint.log());
    CHECK(endpoint.state().error == 1066);  // ERROR_SERVICE_SPECIFIC_ERROR: what recovery fires on
    CHECK(endpoint.state().specific == 1);  // AgentExit::restart
    CHECK_FALSE(is_held(endpoint.state(), ScmStop::by_others));
    if (runs_under_wine())
        std::puts(
            "SKIPPED under Wine: that recovery acts: its service manager has none, and the test starts the "
            "service in its place");
    endpoint.start();
    CHECK(endpoint.reaches(ScmPhase::running));
    CHECK(endpoint.eventually([&] { return endpoint.version() == "1.1.0" && endpoint.ended(); }));
    CHECK(endpoint.outcome().find("committed") != std::string::npos);
    CHECK(endpoint.outcome().find("exit-code") != std::string::npos);
    // The old version, which ran while it was replaced, stepped aside.
    CHECK(endpoint.eventually([&] { return endpoint.programs() == "agent.exe"; }));
}

TEST_CASE("a new version that ends at each start, with 0 too, is taken back, and the old one runs on (I1)") {
    for (const int code : {3, 0}) {
        CAPTURE(code);
        Lonely endpoint{fmt::format("offering_agent_exits_{}.exe", code).c_str(), "exit-code"};
        endpoint.start();
        REQUIRE(endpoint.reaches(ScmPhase::stopped));
        if (runs_under_wine())
            std::puts(
                "SKIPPED under Wine: that recovery acts: its service manager has none, and the test runs the "
                "guard, as the recovery command does");
        const auto has_failed = [&] { return endpoint.state().error == 1066; };  // what recovery fires on
        for (int failures = 1; failures <= 6 && !endpoint.ended(); ++failures) {
            CHECK(endpoint.recover() == 0);
            CHECK(endpoint.eventually([&] { return endpoint.state().phase != ScmPhase::starting; }));
            if (endpoint.ended()) break;
            endpoint.eventually(
                [&] { return endpoint.state().phase == ScmPhase::stopped || endpoint.ended(); });
            CHECK((has_failed() || endpoint.ended()));
        }
        INFO(endpoint.log());
        CHECK(endpoint.eventually([&] { return endpoint.ended() && endpoint.version() == "1.0.0"; }));
        CHECK(endpoint.reaches(ScmPhase::running));
        CHECK(endpoint.outcome().find("rolled") != std::string::npos);
    }
}

TEST_CASE(
    "an agent that is killed while its name is empty is completed by the guard, which comes first then") {
    Lonely endpoint{"offering_agent_1.1.exe", "exit-code"};
    endpoint.start();
    kill_while_its_name_is_empty(endpoint);
    if (runs_under_wine())
        std::puts(
            "SKIPPED under Wine: that recovery acts: its service manager has none, and the test runs the "
            "guard, as the recovery command does");
    else
        CHECK(endpoint.scm().config(endpoint.agent())->recovery == command_first(endpoint.wanted().recovery));
    CHECK(endpoint.recover() == 0);
    INFO(endpoint.log());
    CHECK(endpoint.eventually([&] { return endpoint.version() == "1.1.0" && endpoint.ended(); }));
    CHECK(endpoint.outcome().find("committed") != std::string::npos);
    CHECK(endpoint.reaches(ScmPhase::running));
    CHECK(endpoint.eventually([&] { return endpoint.programs() == "agent.exe"; }));
}

// windows_kills_test goes on from here: it starts Windows again.
TEST_CASE("an agent is killed while its name is empty, and left so" * doctest::skip()) {
    static Lonely endpoint{"offering_agent_1.1.exe", "exit-code"};
    endpoint.start();
    kill_while_its_name_is_empty(endpoint);
    std::printf("left: %s in %s\n", endpoint.agent().c_str(), endpoint.folder().string().c_str());
    std::fflush(stdout);
    ::TerminateProcess(::GetCurrentProcess(), 0);  // nothing is cleaned up
}
