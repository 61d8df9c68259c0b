// What an attacker can and cannot do who owns the control server, the mirror, or the agent's account.
#include "story.hpp"

using namespace update;
using namespace update::test;

namespace fs = std::filesystem;
namespace {

Outcome check_untouched(Endpoint& endpoint, const std::string& id, Reason why, const std::string& message) {
    const Outcome end = endpoint.end_of(id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(name(end.reason) == name(why));
    CHECK_MESSAGE(end.message.find(message) != std::string::npos, end.message);
    check_old_version_runs(endpoint);
    check_nothing_left(endpoint);
    return end;
}

/// Publishes 1.1.0 on "stable", with this epoch.
void publish_stable(Server& server, const std::string& version, const std::string& version_name,
                    std::uint64_t epoch) {
    repository::PublishWish wish;
    wish.product = "agent";
    wish.version = version;
    wish.channel = "stable";
    wish.epoch = epoch;
    repository::ArtifactWish agent{built_version(version_name), {}};
    agent.artifact.role = Role::agent;
    agent.artifact.install_path = "bin/agent";
    server.publish(wish, {agent});
}

}  // namespace

TEST_CASE("a control server that selects what nobody signed gets nothing, and is told so") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const std::string channel = endpoint.publish("1.1.0", {agent_item("agent-1.1")});
    check_untouched(endpoint, server.select(endpoint.id(), channel, "6.6.6"), Reason::untrusted,
                    "not among the signed releases");
    check_untouched(endpoint, server.select(endpoint.id(), "evil", "1.1.0"), Reason::untrusted, "not-listed");
    CHECK(endpoint.end_of(server.select(endpoint.id(), channel, "1.1.0")).ending == Ending::committed);
}

TEST_CASE("a mirror that hands out other bytes than were signed installs nothing") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    Item item = agent_item("agent-1.1");
    item.tampered = true;
    check_untouched(endpoint, endpoint.offer("1.1.0", {item}), Reason::corrupt, "digest");
}

TEST_CASE("a signed release from before a security epoch is refused; a signed permit leads back once") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    publish_stable(server, "1.1.0", "agent-1.1", 2);
    REQUIRE(endpoint.end_of(server.select(endpoint.id(), "stable", "1.1.0")).ending == Ending::committed);
    endpoint.await_session_of("1.1.0");
    publish_stable(server, "1.0.0", "agent-1.0", 1);
    const auto go_back = [&] { return endpoint.end_of(server.select(endpoint.id(), "stable", "1.0.0")); };
    const Outcome refused = go_back();
    CHECK(refused.reason == Reason::refused);
    CHECK_MESSAGE(refused.message.find("security epoch 1 is below 2") != std::string::npos, refused.message);
    const auto tomorrow = std::chrono::duration_cast<std::chrono::milliseconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count() +
                          86'400'000;
    REQUIRE(server.publisher().permit("agent", "stable", {"back-1", "*", "1.0.0", tomorrow}));
    CHECK(go_back().ending == Ending::committed);
    endpoint.await_session_of("1.0.0");
    REQUIRE(endpoint.end_of(server.select(endpoint.id(), "stable", "1.1.0")).ending == Ending::committed);
    endpoint.await_session_of("1.1.0");
    const Outcome again = go_back();
    CHECK(again.reason == Reason::refused);
}

TEST_CASE("a repository that is gone refuses the next install, and a roll-back under way ends as ever") {
    Server server;
    HeldUpdate held{server, "1.2.0", "agent-1.2-crashes"};
    // All that vouched for it is gone from the repository; what was kept beside the plan is enough.
    for (const auto& entry : fs::directory_iterator{server.repository() / "metadata"})
        if (entry.path() != server.root_file()) fs::remove(entry.path());
    held.gate.open();
    const Outcome end = held.endpoint.end_of(held.id);
    CHECK(end.ending == Ending::rolled_back);
    CHECK(end.reason == Reason::crashed);
    check_old_version_runs(held.endpoint);
    const Outcome next = held.endpoint.end_of(server.select(held.endpoint.id(), "stable", "1.1.0"));
    CHECK(next.reason == Reason::untrusted);
    CHECK_MESSAGE(next.message.find("stale-mirror") != std::string::npos, next.message);
    check_old_version_runs(held.endpoint);
}

TEST_CASE("a watchdog that is handed a forged plan applies nothing, whoever asks") {
    Server server;
    HeldUpdate held{server, "1.1.0", "agent-1.1"};
    Endpoint& endpoint = held.endpoint;
    const fs::path plan_file = endpoint.layout().plan(held.id);
    auto plan = parse_plan(read_file(plan_file));
    REQUIRE(plan.has_value());
    // The agent's account can write here: it names another program, and puts that where the signed one was
    // staged.
    const std::string evil = read_file(built_version("agent-1.2-wrong-version"));
    for (std::size_t n = 0; n < plan->artifacts.size(); ++n) {
        Artifact& artifact = plan->artifacts[n];
        if (artifact.role != Role::agent) continue;
        const fs::path staged = endpoint.layout().staged(artifact, held.id, n);
        write_file(staged, evil);
        artifact.size_bytes = evil.size();
        artifact.sha256 = sha256_of(evil);
    }
    write_file(plan_file, to_json(*plan));
    held.gate.open();
    const Outcome end = endpoint.end_of(held.id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == Reason::untrusted);
    check_old_version_runs(endpoint);
    CHECK(endpoint.history().find("not what the signed release") != std::string::npos);
}
