#include <doctest/doctest.h>
#include <filesystem>
#include <sqlite3.h>

#include "api_client.hpp"
#include "test_agent.hpp"

using namespace server_test;

namespace {
const std::string key = "a-random-agent-key-2";
}

TEST_CASE("a confirmed update is still complete when the server is killed at that moment") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    const std::string update_id = admin.publish("a", "1.1");
    TestAgent agent{server};
    agent.on_arrival = [&](const session::Message& message) {
        if (std::holds_alternative<session::AuthAck>(message)) server.signal(9);
    };
    CHECK(agent.log_in(auth("a", key, "1.1", update_id)).update_confirmed == update_id);
    CHECK(agent.wait_closed().has_value());
    server.kill_hard();
    server.start();
    CHECK(admin.update(update_id)["state"] == "completed");
}

TEST_CASE("a killed server has kept agents, open offers and outcomes") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    const std::string ended = admin.publish("a", "1.1");
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    agent.send(
        session::OutcomeReport{nlohmann::json{{"update_id", ended}, {"ending", "rolled-back"}}.dump()});
    agent.next<session::OutcomeAck>();
    const std::string open = admin.publish("a", "1.2");
    server.kill_hard();
    CHECK(agent.wait_closed().has_value());
    server.start();
    agent.log_in(auth("a", key, "1.0"));
    CHECK(agent.next<session::Offer>().selection.update_id == open);
    CHECK(admin.update(ended)["outcome"]["ending"] == "rolled-back");
}

TEST_CASE("SIGTERM ends the server cleanly, with an agent connected") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    CHECK(server.stop() == 0);
    CHECK(agent.wait_closed().has_value());
}

TEST_CASE("a database of a newer program is refused and left alone") {
    ServerProcess server;
    server.stop();
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(server.files().path("state/control.sqlite").c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    CHECK(server.start_to_fail() == 1);
    CHECK(server.log().find("newer program") != std::string::npos);
}

TEST_CASE("neither the agent's key nor the operator's token is in the log or in the database") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    TestAgent agent{server};
    agent.log_in(auth("a", key, "1.0"));
    TestAgent stranger{server};
    stranger.connect();
    stranger.send(auth("b", key, "1.0"));
    stranger.next<session::AuthReject>();
    CHECK(server.stop() == 0);
    for (const auto& entry : std::filesystem::recursive_directory_iterator{server.files().path("state")}) {
        const std::string content = server.files().read("state/" + entry.path().filename().string());
        CHECK(content.find(key) == std::string::npos);
        CHECK(content.find(admin_token) == std::string::npos);
    }
    CHECK(server.log().find("agent=a") != std::string::npos);
    CHECK(server.log().find(key) == std::string::npos);
    CHECK(server.log().find(admin_token) == std::string::npos);
}

TEST_CASE("the operator's side needs the operator's token") {
    ServerProcess server;
    Operator{server}.enrol("a", key);
    for (const auto& headers :
         {std::vector<std::string>{}, {"Authorization: Bearer wrong"}, {"Authorization: Bearer " + key}})
        for (const auto& [method, path] : {std::pair{"GET", "/api/agents"},
                                           {"GET", "/api/updates"},
                                           {"GET", "/api/alerts"},
                                           {"PUT", "/api/agents/a"},
                                           {"POST", "/api/agents/a/updates"}})
            CHECK(request(server, method, path, headers, std::string{method} == "GET" ? "" : "{}").status ==
                  401);
}

TEST_CASE("requests that make no sense are refused with a reason and change nothing") {
    ServerProcess server;
    const Operator admin{server};
    admin.enrol("a", key);
    CHECK(admin.ask("PUT", "/api/agents/b", {{"key", "short"}}).status == 400);
    CHECK(admin.ask("PUT", "/api/agents/.b", {{"key", key}}).status == 404);
    CHECK(admin.ask("POST", "/api/agents/b/updates", {{"product", "agent"}, {"version", "1"}}).status == 404);
    CHECK(admin.ask("POST", "/api/agents/a/updates", {{"product", "agent"}}).status == 400);
    CHECK(admin.ask("POST", "/api/agents/a/updates", {{"version", "1"}}).status == 400);
    CHECK(
        admin.ask("POST", "/api/agents/a/updates", {{"product", "agent"}, {"version", std::string(65, '1')}})
            .status == 400);
    CHECK(admin
              .ask("POST", "/api/agents/a/updates",
                   {{"product", "agent"}, {"channel", "../x"}, {"version", "1"}})
              .status == 400);
    CHECK(admin.ask("POST", "/api/agents/a/updates", std::string(600'000, 'x')).status == 413);
    CHECK(admin.ask("DELETE", "/api/agents").status == 405);
    CHECK(admin.ask("GET", "/api/nothing").status == 404);
    CHECK(admin.ask("GET", "/api/updates").json().empty());
    CHECK(admin.ask("GET", "/api/agents").json().size() == 1);
}
