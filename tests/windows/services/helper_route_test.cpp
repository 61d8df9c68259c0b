// The helper's route with the real service manager: a process that broke away from the service of the agent
// stops and starts it.
#include "os/handle.hpp"
#include "os/windows.hpp"
#include "windows/services/lonely.hpp"
#include "windows/services/looks.hpp"

using namespace update;
using namespace update::test;
using namespace std::chrono_literals;

TEST_CASE("a helper updates a service, and commits though it runs from the version that it removes") {
    Lonely endpoint{"offering_agent_1.1.exe", "self-update"};
    endpoint.start();
    const bool committed =
        endpoint.eventually([&] { return endpoint.version() == "1.1.0" && endpoint.ended(); });
    INFO(endpoint.log());
    REQUIRE(committed);
    CHECK(endpoint.outcome().find("committed") != std::string::npos);
    CHECK(endpoint.outcome().find("self-update") != std::string::npos);
    CHECK(endpoint.reaches(ScmPhase::running));
    // What it ran from stepped aside, and goes once it has ended.
    CHECK(endpoint.eventually([&] { return endpoint.programs() == "agent.exe"; }));
}

TEST_CASE("a helper takes a version back that ends at each start, and leaves nothing") {
    Lonely endpoint{"offering_agent_exits_3.exe", "self-update"};
    endpoint.start();
    const bool ended = endpoint.eventually([&] { return endpoint.ended(); });
    INFO(endpoint.log());
    REQUIRE(ended);
    CHECK(endpoint.outcome().find("rolled") != std::string::npos);
    CHECK(endpoint.reaches(ScmPhase::running));
    CHECK(endpoint.version() == "1.0.0");
    CHECK(endpoint.eventually([&] { return endpoint.programs() == "agent.exe"; }));
}

TEST_CASE(
    "nothing is cleaned up before the server has confirmed this very update, and everything then (I6)") {
    Lonely endpoint{"offering_agent_1.1.exe", "self-update", "acknowledged"};
    const auto is_kept = [&] {
        return !endpoint.ended() && endpoint.programs().find(".update-one") != std::string::npos;
    };
    endpoint.start();
    REQUIRE(endpoint.eventually([&] {
        std::ifstream history{endpoint.settings().state_dir / "history.jsonl"};
        const std::string text{std::istreambuf_iterator<char>{history}, {}};
        return endpoint.version() == "1.1.0" && text.find("\"awaiting-ack\"") != std::string::npos;
    }));
    for (const char* of_others : {"nothing", "another"}) {
        endpoint.acknowledge(of_others);
        CHECK_FALSE(looks_until(1s, [&] { return !is_kept(); }));
    }
    endpoint.acknowledge("one");
    INFO(endpoint.log());
    CHECK(endpoint.eventually([&] { return endpoint.ended(); }));
    CHECK(endpoint.outcome().find("committed") != std::string::npos);
    CHECK(endpoint.eventually([&] { return endpoint.programs() == "agent.exe"; }));
}

TEST_CASE(
    "where somebody's job lets nobody leave it, the helper is passed over by name and the exit code taken") {
    Lonely endpoint{"offering_agent_1.1.exe", "self-update\", \"exit-code"};
    const Handle strict{::CreateJobObjectW(nullptr, nullptr)};
    REQUIRE(strict);
    endpoint.start();
    {
        const Handle agent{::OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, FALSE,
                                         static_cast<DWORD>(endpoint.state().pid))};
        REQUIRE(agent);
        REQUIRE(::AssignProcessToJobObject(strict.get(), agent.get()));
    }
    REQUIRE_MESSAGE(endpoint.reaches(ScmPhase::stopped), endpoint.log());
    INFO(endpoint.log());
    CHECK(endpoint.state().specific == 1);  // AgentExit::restart
    CHECK(endpoint.log().find("route self-update is closed") != std::string::npos);
    CHECK(endpoint.log().find("job does not let programs leave it") != std::string::npos);
    endpoint.start();  // as recovery does
    CHECK(endpoint.eventually([&] { return endpoint.version() == "1.1.0" && endpoint.ended(); }));
    CHECK(endpoint.outcome().find("exit-code") != std::string::npos);
}
