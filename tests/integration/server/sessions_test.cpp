#include <doctest/doctest.h>

#include "api_client.hpp"
#include "test_agent.hpp"

using namespace server_test;

namespace {

const std::string key = "a-random-agent-key-1";

std::string outcome_json(const std::string& update_id, const std::string& ending) {
    return nlohmann::json{{"update_id", update_id}, {"ending", ending}, {"to_version", "1.1"}}.dump();
}

struct Setup {
    explicit Setup(std::vector<std::string> arguments = {}) : server{std::move(arguments)} {
        admin.enrol("a", key);
    }
    ServerProcess server;
    Operator admin{server};
};

}  // namespace

TEST_CASE_FIXTURE(Setup, "an enrolled agent is accepted and told its policy") {
    TestAgent agent{server};
    const auto ack = agent.log_in(auth("a", key, "1.0"));
    CHECK(ack.confirms_updates);
    CHECK(ack.update_confirmed.empty());
    CHECK(agent.next<session::ConfigUpdate>() == session::ConfigUpdate{true, std::chrono::seconds{30}});
    CHECK(admin.agent("a")["version"] == "1.0");
    CHECK(admin.agent("a")["connected"] == true);
}

TEST_CASE_FIXTURE(Setup, "a wrong key and an unknown agent are rejected in the same words") {
    std::string reasons[2];
    const session::Auth attempts[2] = {auth("a", "another-random-key", "1.0"), auth("b", key, "1.0")};
    for (int i = 0; i < 2; ++i) {
        TestAgent agent{server};
        agent.connect();
        agent.send(attempts[i]);
        reasons[i] = agent.next<session::AuthReject>().reason;
        CHECK(agent.wait_closed().has_value());
    }
    CHECK(reasons[0] == reasons[1]);
    CHECK(admin.agent("a")["version"] == "");
}

TEST_CASE_FIXTURE(Setup, "an update is offered at once to an agent that is connected") {
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    agent.next<session::ConfigUpdate>();
    const std::string update_id = admin.publish("a", "1.1");
    CHECK(agent.next<session::Offer>().selection == update::Selection{update_id, "agent", "stable", "1.1"});
}

TEST_CASE_FIXTURE(Setup, "an agent that was away gets its offer when it comes back") {
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    CHECK(agent.next<session::Offer>().selection.update_id == update_id);
}

TEST_CASE_FIXTURE(Setup, "the offer comes again with each heartbeat until an outcome came") {
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent agent{server};
    const auto who = auth("a", key, "1.0");
    agent.log_in(who);
    agent.next<session::Offer>();
    for (int i = 0; i < 3; ++i) {
        agent.send(session::Heartbeat{who.build_id, "1.0"});
        CHECK(agent.next<session::Offer>().selection.update_id == update_id);
    }
    agent.send(session::OutcomeReport{outcome_json(update_id, "rolled-back")});
    agent.next<session::OutcomeAck>();
    for (int i = 0; i < 2; ++i) {
        agent.send(session::Heartbeat{who.build_id, "1.0"});
        const auto message = agent.take();
        REQUIRE(message.has_value());
        CHECK(std::holds_alternative<session::HeartbeatAck>(*message));
    }
}

TEST_CASE_FIXTURE(Setup, "progress is shown, and ends with the update") {
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent agent{server};
    const auto who = auth("a", key, "1.0");
    agent.log_in(who);
    agent.send(session::ProgressReport{update_id, "downloading", 5, 10});
    agent.send(session::Heartbeat{who.build_id, "1.0"});
    agent.next<session::HeartbeatAck>();
    CHECK(admin.update(update_id)["state"] == "in-progress");
    CHECK(admin.update(update_id)["progress"] ==
          nlohmann::json{{"state", "downloading"}, {"bytes", 5}, {"total", 10}});
    agent.send(session::OutcomeReport{outcome_json(update_id, "committed")});
    agent.next<session::OutcomeAck>();
    agent.send(session::ProgressReport{update_id, "late", 1, 10});
    agent.send(session::Heartbeat{who.build_id, "1.0"});
    agent.next<session::HeartbeatAck>();
    CHECK(admin.update(update_id)["state"] == "ended");
}

TEST_CASE_FIXTURE(Setup, "the update is complete before the agent is told so") {
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent agent{server};
    std::string state_when_told;
    agent.on_arrival = [&](const session::Message& message) {
        if (std::holds_alternative<session::AuthAck>(message))
            state_when_told = admin.update(update_id)["state"];
    };
    const auto ack = agent.log_in(auth("a", key, "1.1", update_id));
    CHECK(ack.update_confirmed == update_id);
    CHECK(state_when_told == "completed");
}

TEST_CASE_FIXTURE(Setup, "an agent that still runs the old version is not confirmed") {
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent agent{server};
    const auto ack = agent.log_in(auth("a", key, "1.0", update_id));
    CHECK(ack.confirms_updates);
    CHECK(ack.update_confirmed.empty());
    CHECK(admin.update(update_id)["state"] == "offered");
}

TEST_CASE_FIXTURE(Setup, "a confirmation is repeated when the agent asks again, also after its outcome") {
    const std::string update_id = admin.publish("a", "1.1");
    const auto who = auth("a", key, "1.1", update_id);
    TestAgent agent{server};
    agent.log_in(who);
    CHECK(agent.link().close(std::chrono::seconds{5}).has_value());
    CHECK(agent.log_in(who).update_confirmed == update_id);
    agent.send(session::OutcomeReport{outcome_json(update_id, "committed")});
    agent.next<session::OutcomeAck>();
    CHECK(agent.link().close(std::chrono::seconds{5}).has_value());
    CHECK(agent.log_in(who).update_confirmed == update_id);
}

TEST_CASE_FIXTURE(Setup, "an update that was rolled back is not confirmed afterwards") {
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    agent.send(session::OutcomeReport{outcome_json(update_id, "rolled-back")});
    agent.next<session::OutcomeAck>();
    CHECK(agent.link().close(std::chrono::seconds{5}).has_value());
    CHECK(agent.log_in(auth("a", key, "1.1", update_id)).update_confirmed.empty());
}

TEST_CASE_FIXTURE(Setup, "an update that the server does not know is adopted and confirmed") {
    TestAgent agent{server};
    CHECK(agent.log_in(auth("a", key, "1.1", "local-1")).update_confirmed == "local-1");
    CHECK(admin.update("local-1")["state"] == "completed");
    CHECK(admin.update("local-1")["adopted"] == true);
}

TEST_CASE_FIXTURE(Setup, "an update of one agent is none of another's business") {
    admin.enrol("b", key + "-b");
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent stranger{server};
    stranger.log_in(auth("b", key + "-b", "1.0"));
    stranger.send(session::OutcomeReport{outcome_json(update_id, "committed")});
    stranger.next<session::OutcomeAck>();
    for (const auto& update : admin.ask("GET", "/api/updates").json())
        if (update["agent_id"] == "a") CHECK(update["state"] == "offered");
}

TEST_CASE_FIXTURE(Setup, "an outcome that is sent again is acknowledged again and stored once") {
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    for (int i = 0; i < 3; ++i) {
        agent.send(session::OutcomeReport{outcome_json(update_id, "committed")});
        CHECK(agent.next<session::OutcomeAck>().update_id == update_id);
    }
    const auto stored = admin.update(update_id);  // fails if there are several
    CHECK(stored["state"] == "ended");
    CHECK(stored["outcome"]["ending"] == "committed");
}

TEST_CASE_FIXTURE(Setup, "a late heartbeat of an old process is ignored and counted") {
    TestAgent agent{server};
    const auto who = auth("a", key, "1.1");
    agent.log_in(who);
    agent.send(session::Heartbeat{"the-old-process", "1.0"});
    agent.send(session::Heartbeat{who.build_id, "1.1"});
    agent.next<session::HeartbeatAck>();
    CHECK(admin.agent("a")["version"] == "1.1");
    CHECK(admin.agent("a")["late_heartbeats"] == 1);
}

TEST_CASE_FIXTURE(Setup, "a second session of the same agent replaces the first") {
    TestAgent first{server}, second{server};
    first.log_in(auth("a", key, "1.0"));
    second.log_in(auth("a", key, "1.0"));
    CHECK(first.wait_closed().has_value());
    const std::string update_id = admin.publish("a", "1.1");
    CHECK(second.next<session::Offer>().selection.update_id == update_id);
    CHECK(admin.agent("a")["connected"] == true);
}

TEST_CASE_FIXTURE(Setup, "two agents at once get what is theirs") {
    admin.enrol("b", key + "-b");
    TestAgent a{server}, b{server};
    a.log_in(auth("a", key, "1.0"));
    b.log_in(auth("b", key + "-b", "2.0"));
    const std::string for_a = admin.publish("a", "1.1"), for_b = admin.publish("b", "2.1");
    CHECK(b.next<session::Offer>().selection.update_id == for_b);
    CHECK(a.next<session::Offer>().selection.update_id == for_a);
}

TEST_CASE("a server from before update_confirmed confirms nothing and answers no heartbeat") {
    Setup old{{"--older-protocol"}};
    const std::string update_id = old.admin.publish("a", "1.1");
    TestAgent agent{old.server};
    const auto who = auth("a", key, "1.1", update_id);
    const auto ack = agent.log_in(who);
    CHECK_FALSE(ack.confirms_updates);
    CHECK(ack.update_confirmed.empty());
    agent.next<session::ConfigUpdate>();
    const std::string next_id = old.admin.publish("a", "1.2");
    agent.next<session::Offer>();
    agent.send(session::Heartbeat{who.build_id, "1.1"});
    const auto message = agent.take();
    REQUIRE(message.has_value());
    CHECK(std::holds_alternative<session::Offer>(*message));
}

TEST_CASE_FIXTURE(Setup, "whoever breaks the protocol is disconnected, and others do not notice") {
    TestAgent good{server};
    const auto who = auth("a", key, "1.0");
    good.log_in(who);
    for (const std::string& text :
         {std::string{"not json"}, std::string{R"({"type":"heartbeat","build_id":"x","version":"1"})"},
          std::string{R"({"type":"auth","agent_id":7})"}}) {
        TestAgent bad{server};
        bad.connect();
        REQUIRE(bad.link().send(text).has_value());
        CHECK_MESSAGE(bad.wait_closed().has_value(), text);
    }
    good.send(session::Heartbeat{who.build_id, "1.0"});
    good.next<session::HeartbeatAck>();
}

TEST_CASE_FIXTURE(Setup, "a message of a newer protocol is ignored") {
    TestAgent agent{server};
    const auto who = auth("a", key, "1.0");
    agent.log_in(who);
    REQUIRE(agent.link().send(R"({"type":"teleport","to":"mars"})").has_value());
    agent.send(session::Heartbeat{who.build_id, "1.0"});
    agent.next<session::HeartbeatAck>();
}
