// updatectl beside a watchdog of another age: what it asks for is done without it, or it says why not.
#include "../update/old_watchdog.hpp"

#include <update/exit_code.hpp>

#include "operator.hpp"

using namespace update;
using namespace update::test;

namespace {

/// Protocol version 0: it answers a ping, and knows nothing else.
std::string answer_of_version_0(const std::string& request) {
    return request.find("Ping") != std::string::npos
               ? R"({"ok":true,"message":"0.9"})"
               : R"({"ok":false,"error":"unsupported","message":"this watchdog is too old"})";
}

const std::function<std::string(const std::string&)> from_far_away = [](const std::string&) {
    return R"({"v":9,"ok":true})";
};

}  // namespace

TEST_CASE("with a watchdog of another age updatectl applies an update by itself") {
    const auto check = [](const std::function<std::string(const std::string&)>& answer) {
        Server server;
        Endpoint endpoint{server, on_ready};
        OtherWatchdog other{endpoint.layout().watchdog_socket(), answer};
        Operator op{endpoint};
        endpoint.start_agent();
        const Answer applied = op.run(op.apply("1.1.0", "agent-1.1"));
        CHECK_MESSAGE(applied.code == 0, applied.output);
        CHECK(other.requests() > 0);
        CHECK(endpoint.installed_version() == "1.1.0");
        endpoint.await_session_of("1.1.0");
    };
    SUBCASE("of protocol version 0") { check(answer_of_version_0); }
    SUBCASE("of a version too far away") { check(from_far_away); }
}

TEST_CASE("the status beside a watchdog of another age comes from the journal, and says so") {
    Server server;
    Endpoint endpoint{server, on_ready};
    OtherWatchdog old{endpoint.layout().watchdog_socket(), answer_of_version_0};
    Operator op{endpoint};
    endpoint.start_agent();
    const Answer shown = op.run({"status"});
    CHECK_MESSAGE(shown.code == 0, shown.output);
    CHECK_MESSAGE(contains(shown.output, "from the journal"), shown.output);
    CHECK_MESSAGE(contains(shown.output, "too old"), shown.output);
}

TEST_CASE("what only a watchdog can do is refused by one of another age, with its reason") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    SUBCASE("of protocol version 0") {
        OtherWatchdog old{endpoint.layout().watchdog_socket(), answer_of_version_0};
        const Answer refused = op.run({"restart"});
        CHECK_MESSAGE(refused.code == static_cast<int>(ControlExit::failed), refused.output);
        CHECK_MESSAGE(contains(refused.output, "too old"), refused.output);
    }
    SUBCASE("of a version too far away") {
        OtherWatchdog newer{endpoint.layout().watchdog_socket(), from_far_away};
        const Answer refused = op.run({"restart"});
        CHECK_MESSAGE(refused.code == static_cast<int>(ControlExit::unreachable), refused.output);
        CHECK_MESSAGE(contains(refused.output, "protocol"), refused.output);
    }
}
