// Dates that have passed and clocks that are wrong: they stop an install, and nothing else. Real programs
// under libfaketime, whose clock the test sets while they run; deadlines go by the real one.
#include <filesystem>

#include "integration/updatectl/operator.hpp"
#include "story.hpp"
#include "support/fault_server.hpp"

using namespace update;
using namespace update::test;

namespace fs = std::filesystem;
namespace {

std::string faketime_library() {
    for (const auto& folder : fs::directory_iterator{"/usr/lib"}) {
        const fs::path library = folder.path() / "faketime/libfaketimeMT.so.1";
        if (fs::exists(library)) return library;
    }
    return {};
}

/// The wall clock of the programs that run under it.
class FakeClock {
 public:
    explicit FakeClock(const std::string& time) { set(time); }
    /// @param time  "+8d" from the real one, or "@1970-01-01 00:00:00"
    void set(const std::string& time) {
        write_file(scratch_.path() / "new", time + "\n");
        fs::rename(scratch_.path() / "new", file());
    }
    std::vector<std::string> words() const {
        const auto library = faketime_library();
        REQUIRE_MESSAGE(!library.empty(), "libfaketime is missing, run scripts/install_deps");
        return {"/usr/bin/env",
                "LD_PRELOAD=" + library,
                "FAKETIME_TIMESTAMP_FILE=" + file().string(),
                "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1",
                "DONT_FAKE_MONOTONIC=1",
                "NO_FAKE_STAT=1"};
    }

 private:
    fs::path file() const { return scratch_.path() / "time"; }
    Scratch scratch_{"fake-clock"};
};

/// A mirror without TLS, whose certificates would be the first to suffer from a wrong clock.
class Mirror {
 public:
    void fill(const fs::path& tree) { server_.serve(tree); }
    Overrides as_repository() const {
        return {{"transfer.allow_http", "true"},
                {"trust.repositories", "[{metadata = \"" + server_.url("/metadata") + "\", targets = \"" +
                                           server_.url("/targets") + "\"}]"}};
    }

 private:
    FaultServer server_{nullptr};
};

bool is_connected(const Endpoint& endpoint, Server& server) {
    const auto agent = server.agent(endpoint.id());
    return agent.is_object() && agent["connected"] == true;
}

}  // namespace

TEST_CASE("metadata that has expired stops an agent's install, which it reports, and the agent runs on") {
    Server server;
    FakeClock clock{"+8d"};  // a timestamp lives seven days
    Endpoint endpoint{server, {{"routes", R"(["self-update"])"}}};
    endpoint.run_under(clock.words());
    endpoint.start_agent();
    const std::string channel = endpoint.publish("1.1.0", {agent_item("agent-1.1")});
    const Outcome end = endpoint.end_of(server.select(endpoint.id(), channel, "1.1.0"));
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::abandoned);
    CHECK(name(end.reason) == name(Reason::untrusted));
    CHECK_MESSAGE(end.message.starts_with("expired: "), end.message);
    CHECK_MESSAGE(end.message.find("updatectl repo resign") != std::string::npos, end.message);
    check_old_version_runs(endpoint);
    // The same process takes it as soon as it is signed for a time that has not passed.
    clock.set("+1d");
    CHECK(endpoint.end_of(server.select(endpoint.id(), channel, "1.1.0")).ending == Ending::committed);
    endpoint.await_session_of("1.1.0");
}

TEST_CASE("a clock that stands at 2099 stops an install and says why; one at 1970 installs, and rolls back") {
    Server server;
    Mirror mirror;
    FakeClock clock{"@2099-01-01 00:00:00"};
    Endpoint endpoint{server, with(with(by_watchdog, on_ready), mirror.as_repository())};
    endpoint.run_under(clock.words());
    endpoint.start_watchdog();
    Operator op{endpoint};
    auto good = op.apply("1.1.0", "agent-1.1");
    auto bad = op.apply("1.2.0", "agent-1.2-crashes");
    mirror.fill(server.repository());
    const Answer refused = op.run(good);
    INFO(refused.output);
    CHECK(refused.code != 0);
    CHECK(contains(refused.output, "clock-suspect: "));
    CHECK(contains(refused.output, "set this machine's clock"));
    check_old_version_runs(endpoint);
    CHECK_FALSE(endpoint.watchdog_version().empty());
    clock.set("@1970-01-01 00:00:00");
    const Answer failed = op.run(bad);
    INFO(failed.output);
    CHECK(contains(failed.output, "rolled-back: 1.0.0 -> 1.2.0"));
    check_old_version_runs(endpoint);
    const Answer committed = op.run(good);
    INFO(committed.output);
    CHECK(committed.code == 0);
    endpoint.await_session_of("1.1.0");
}

TEST_CASE("a clock that steps back and forth in a trial changes nothing of its end") {
    Server server;
    FakeClock clock{"+0d"};
    Endpoint endpoint{server, by_watchdog};
    endpoint.run_under(clock.words());
    endpoint.start_watchdog();
    const std::string id = endpoint.offer_agent("1.2.0", "agent-1.2-never-connects");
    endpoint.await_state(State::awaiting_ack);
    clock.set("@2099-01-01 00:00:00");
    CHECK_FALSE(endpoint.watchdog_version().empty());
    clock.set("@1970-01-01 00:00:00");
    const Outcome end = endpoint.end_of(id);
    CAPTURE(endpoint.logs());
    CHECK(end.ending == Ending::rolled_back);
    CHECK(name(end.reason) == name(Reason::not_acknowledged));
    check_old_version_runs(endpoint);
    clock.set("+0d");
    CHECK(endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1")).ending == Ending::committed);
    CHECK(is_connected(endpoint, server));
}
