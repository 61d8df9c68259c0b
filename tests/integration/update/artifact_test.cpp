// What comes from the server is not what was promised, or does not pass its self-test: nothing is touched.
#include <algorithm>
#include <csignal>
#include <fmt/format.h>

#include "story.hpp"
#include "support/fault_server.hpp"

using namespace update;
using namespace update::test;

namespace {

namespace fs = std::filesystem;

const Overrides over_http{{"routes", R"(["watchdog"])"}, {"transfer.allow_http", "true"}};

test::Bytes bytes_of(const std::string& text) {
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    return {first, first + text.size()};
}

Outcome check_abandoned(Endpoint& endpoint, const std::string& id, Reason why) {
    const Outcome end = endpoint.end_of(id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(end.reason == why);
    CHECK(end.route == Route::none);
    CHECK_FALSE(end.message.empty());
    CHECK_FALSE(end.downtime_us.has_value());
    check_old_version_runs(endpoint);
    check_nothing_left(endpoint);
    return end;
}

Reply answer(const std::string& body, int status = 200) {
    Reply reply;
    reply.status = status;
    reply.body = bytes_of(body);
    return reply;
}

std::uint64_t traffic_after_the_agent(const Outcome& end) {
    return end.bytes - fs::file_size(agent_item("agent-1.1").source);
}
/// The agent, which comes first, and this much of what comes after it.
void check_traffic(const Outcome& end, std::uint64_t further_bytes) {
    CHECK(traffic_after_the_agent(end) == further_bytes);
}

/// The signed rules, and a mirror that answers something else.
struct World {
    FaultServer mirror{nullptr};
    Server server;
    Endpoint endpoint{server, with(over_http, repository_on(server, mirror))};
    std::string promised = std::string(100'000, 'r');
    World() {
        endpoint.install("share/rules.txt", "old rules");
        endpoint.start_watchdog();
    }
    static Overrides repository_on(const Server& server, const FaultServer& mirror) {
        return {{"trust.repositories", fmt::format("[{{metadata = \"{}/metadata\", targets = \"{}\"}}]",
                                                   server.https(), mirror.url("/targets"))}};
    }
    void serve(const fs::path& file, std::vector<Reply> replies) {
        mirror.script("/targets/" + fs::relative(file, server.repository() / "targets").string(),
                      std::move(replies));
    }
    std::string offer_answered_by(Reply reply) { return offer_answered_by(std::vector{std::move(reply)}); }
    std::string offer_answered_by(const std::vector<Reply>& replies) {
        const Item rules{.role = Role::file,
                         .install_path = "share/rules.txt",
                         .source = file_of(endpoint, "rules.new", promised),
                         .self_test = false};
        const std::string channel = endpoint.publish("1.1.0", {agent_item("agent-1.1"), rules});
        for (const auto& entry : fs::directory_iterator{server.repository() / "targets/agent" / channel})
            serve(entry.path(), entry.path().string().ends_with("rules.new")
                                    ? replies
                                    : std::vector{answer(read_file(entry.path()))});
        return server.select(endpoint.id(), channel, "1.1.0");
    }
    /// It is silent in the middle of the rules by then, for longer than a test lasts.
    std::string offer_and_fall_silent() {
        endpoint.configure(
            with(with(over_http, repository_on(server, mirror)), {{"transfer.stall_timeout", R"("1min")"}}));
        endpoint.restart_watchdog();
        Reply reply = answer(promised);
        reply.silent_after = 50'000;
        const std::string id = offer_answered_by(std::move(reply));
        await("the artifact is asked for", 20s, [&] { return rules_asked_for() > 0; });
        return id;
    }
    /// The list comes from there, too.
    std::size_t rules_asked_for() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            mirror.requests(), [](const SeenRequest& r) { return r.path.ends_with("rules.new"); }));
    }
};

std::size_t occurrences(const std::string& text, const std::string& words) {
    std::size_t times = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++times;
    return times;
}

/// A self-test is whatever this script does.
std::string offer_with_self_test(Endpoint& endpoint, const std::string& script) {
    const Item tool{.role = Role::file,
                    .install_path = "bin/tool",
                    .source = file_of(endpoint, "tool.new", "#!/bin/sh\n" + script + "\n")};
    return endpoint.offer("1.1.0", {agent_item("agent-1.1"), tool});
}

}  // namespace

TEST_CASE("an artifact that ends early") {
    World world;
    Reply reply = answer(world.promised);
    reply.body.resize(60'000);
    check_abandoned(world.endpoint, world.offer_answered_by(std::move(reply)), Reason::corrupt);
}

TEST_CASE("an artifact whose connection is cut at the same place each time") {
    World world;
    Reply reply = answer(world.promised);
    reply.cut_after = 0;
    check_abandoned(world.endpoint, world.offer_answered_by(std::move(reply)), Reason::download_failed);
}

TEST_CASE("an artifact whose connection is cut at ten places is installed, and no byte came twice") {
    World world;
    std::vector<Reply> replies(11, answer(world.promised));
    for (std::size_t n = 0; n < 10; ++n) replies[n].cut_after = n == 0 ? 1 : 9'000 + n;
    const Outcome end = world.endpoint.end_of(world.offer_answered_by(replies));
    CAPTURE(world.endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK((world.endpoint.installed("share/rules.txt") == world.promised));
    CHECK(world.rules_asked_for() == 11);
    check_traffic(end, world.promised.size());
    check_nothing_left(world.endpoint);
}

TEST_CASE("an artifact whose server falls silent once is installed") {
    World world;
    std::vector<Reply> replies(2, answer(world.promised));
    replies.front().silent_after = 50'000;
    const Outcome end = world.endpoint.end_of(world.offer_answered_by(replies));
    CAPTURE(world.endpoint.logs());
    CHECK(end.ending == Ending::committed);
    CHECK((world.endpoint.installed("share/rules.txt") == world.promised));
    CHECK(world.rules_asked_for() == 2);
    check_nothing_left(world.endpoint);
}

TEST_CASE("an artifact whose server falls silent each time") {
    World world;
    Reply reply = answer(world.promised);
    reply.silent_after = 0;
    check_abandoned(world.endpoint, world.offer_answered_by(std::move(reply)), Reason::download_failed);
}

TEST_CASE("an artifact that is longer than promised") {
    World world;
    Reply reply = answer(world.promised + "and more");
    check_abandoned(world.endpoint, world.offer_answered_by(std::move(reply)), Reason::corrupt);
}

TEST_CASE("an artifact that is longer than promised and does not say so") {
    World world;
    Reply reply = answer(world.promised + "and more");
    reply.announces_length = false;
    const Outcome end =
        check_abandoned(world.endpoint, world.offer_answered_by(std::move(reply)), Reason::corrupt);
    // Asked for twice; the block of at most 16 KiB in which the limit is passed does not count.
    CHECK(traffic_after_the_agent(end) >= 2 * (100'000 - 16 * 1024));
    CHECK(traffic_after_the_agent(end) <= 200'000);
}

TEST_CASE("an artifact of the right size with one wrong byte") {
    World world;
    Reply reply = answer(world.promised);
    reply.body[50'000] = std::byte{'R'};
    const Outcome end =
        check_abandoned(world.endpoint, world.offer_answered_by(std::move(reply)), Reason::corrupt);
    check_traffic(end, 200'000);
}

TEST_CASE("a page of HTML with status 200 in the place of the artifact") {
    World world;
    Reply reply = answer("<!DOCTYPE html><html><body>Please log in</body></html>");
    reply.headers = {"Content-Type: text/html"};
    const Outcome end =
        check_abandoned(world.endpoint, world.offer_answered_by(std::move(reply)), Reason::corrupt);
    check_traffic(end, 0);
}

TEST_CASE("a server that does not know the artifact") {
    World world;
    const Outcome end = check_abandoned(world.endpoint, world.offer_answered_by(answer("gone", 404)),
                                        Reason::download_failed);
    check_traffic(end, 0);
}

TEST_CASE("an update that is cancelled while the server is silent in the middle of an artifact") {
    World world;
    const std::string id = world.offer_and_fall_silent();
    world.endpoint.cancel(id);
    const Outcome end = check_abandoned(world.endpoint, id, Reason::cancelled);
    CHECK(end.bytes > 0);  // how much of the silent one had come is chance
}

TEST_CASE("an agent that is started again while the server is silent in the middle of an artifact") {
    World world;
    const std::string id = world.offer_and_fall_silent();
    const auto starts = [&] { return occurrences(world.endpoint.logs(), "agent: version 1.0.0 starts"); };
    const auto before = starts();
    const pid_t agent = world.endpoint.pid_of(Endpoint::Who::agent);
    REQUIRE(agent > 0);
    REQUIRE(::kill(agent, SIGKILL) == 0);
    // The server stays silent for minutes; the agent does not wait for the end of the download.
    await(
        "the agent works again", 20s, [&] { return starts() > before; },
        [&] { return world.endpoint.logs(); });
    world.endpoint.await_session_of("1.0.0");
    await("the artifact is asked for again", 20s, [&] { return world.rules_asked_for() > 1; });
    world.endpoint.cancel(id);
    check_abandoned(world.endpoint, id, Reason::cancelled);
}

TEST_CASE("a candidate whose self-test fails") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.install("bin/tool", "#!/bin/sh\n", 0755);
    endpoint.start_watchdog();
    const Outcome end =
        check_abandoned(endpoint, offer_with_self_test(endpoint, "exit 3"), Reason::self_test_failed);
    CHECK(end.evidence.exit_code == 3);
    CHECK(is_quarantined(endpoint, "1.1.0"));
}

TEST_CASE("a candidate whose self-test prints another version") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const Outcome end =
        check_abandoned(endpoint, endpoint.offer_agent("1.3.0", "agent-1.1"), Reason::self_test_failed);
    CHECK(end.message.find("1.1.0") != std::string::npos);
}

TEST_CASE("a candidate whose self-test hangs") {
    Server server;
    Endpoint endpoint{server, with(by_watchdog, {{"trial.self_test_timeout", R"("500ms")"}})};
    endpoint.install("bin/tool", "#!/bin/sh\n", 0755);
    endpoint.start_watchdog();
    const Outcome end =
        check_abandoned(endpoint, offer_with_self_test(endpoint, "kill -STOP $$"), Reason::self_test_failed);
    CHECK(end.message.find("no answer in time") != std::string::npos);
}

TEST_CASE("a candidate that cannot be loaded does not pass its self-test") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    endpoint.start_watchdog();
    const Outcome end = check_abandoned(endpoint, endpoint.offer_agent("1.2.0", "agent-1.2-unloadable"),
                                        Reason::self_test_failed);
    CHECK(end.evidence.exit_code == 127);
}
