// What the server hears of an end while the agent cannot tell it.
#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

/// How often the server was alerted of the end of this update.
std::size_t alerts_of(const Server& server, const std::string& update_id) {
    const auto alerts = server.ask("GET", "/api/alerts").json();
    if (!alerts.is_array()) return 0;
    std::size_t count = 0;
    for (const auto& alert : alerts)
        count += alert["kind"] == "update-ended" &&
                 alert["message"].get<std::string>().find(update_id + " ") != std::string::npos;
    return count;
}

}  // namespace

TEST_CASE("the watchdog alerts the server, once, of a roll-back by the helper that no agent could tell of") {
    Server server;
    HeldUpdate held{server, "1.2.0", "agent-1.2-crashes", {{"routes", R"(["self-update"])"}}};
    Endpoint& endpoint = held.endpoint;
    server.stop();
    held.gate.open();
    const Outcome end = endpoint.filed_end_of(held.id, 60s);
    CAPTURE(endpoint.logs());
    REQUIRE(end.ending == Ending::rolled_back);
    REQUIRE(end.route == Route::self_update);
    // The alert of the first watchdog dies with it; no agent runs when the second one has its turn.
    endpoint.watchdog().stop();
    server.start();
    const auto broken = file_of(endpoint, "broken", "#!/bin/sh\nexit 1\n");
    std::filesystem::permissions(broken, std::filesystem::perms{0755});
    std::filesystem::rename(broken, endpoint.install_root() / "bin/agent");
    endpoint.start_watchdog_only();
    await(
        "the server is alerted of the end", 20s, [&] { return alerts_of(server, held.id) > 0; },
        [&] { return endpoint.logs(); });
    CHECK(endpoint.unconfirmed_outcomes().size() == 1);
    // Told again after each start, it stays one alert; that the agent ends is the later news.
    const auto later = [&] { return server.ask("GET", "/api/alerts").json().size(); };
    const auto before = later();
    endpoint.watchdog().stop();
    endpoint.start_watchdog_only();
    await(
        "a later alert comes", 20s, [&] { return later() > before; }, [&] { return endpoint.logs(); });
    CHECK(alerts_of(server, held.id) == 1);
}
