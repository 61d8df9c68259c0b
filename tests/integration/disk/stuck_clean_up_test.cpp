// What cannot be removed is in nobody's way: the end of an update waits for it, the programs do not.
#include <csignal>
#include <filesystem>
#include <optional>

#include "small_volume.hpp"
#include "support/endpoint.hpp"
#include "support/server.hpp"

using namespace update;
using namespace update::test;

namespace fs = std::filesystem;

TEST_CASE("a clean-up that cannot end keeps no agent down, also when everything has to be started anew") {
    if (const std::string why = SmallVolume::why_not(); !why.empty()) {
        MESSAGE("skipped: " << why);
        return;
    }
    Server server;
    Endpoint endpoint{server, {{"transfer.rate_limit", R"("8MiB/s")"}}};
    endpoint.start_watchdog();
    const std::string id = endpoint.offer_agent("1.1.0", "agent-1.1");
    endpoint.await_state(State::downloading);
    // A mount point within the folder of staging and backup: nobody removes it.
    const fs::path workshop = endpoint.install_root() / "bin" / (".update-" + id);
    fs::create_directory(workshop);
    fs::permissions(workshop, fs::perms::owner_all);
    std::optional<SmallVolume> volume{std::in_place, workshop / "busy", 64 * 1024};
    endpoint.await_state(State::cleaning_up);
    endpoint.watchdog().kill_hard();
    REQUIRE(::kill(endpoint.pid_of(Endpoint::Who::agent), SIGKILL) == 0);

    endpoint.start_watchdog_only();
    await(
        "the new version runs", 15s, [&] { return endpoint.pid_of(Endpoint::Who::agent) > 0; },
        [&] { return endpoint.logs(); });
    CHECK(endpoint.record()->progress.state == State::cleaning_up);
    // It dies once more, while the watchdog rests between two attempts.
    const pid_t second = endpoint.pid_of(Endpoint::Who::agent);
    REQUIRE(::kill(second, SIGKILL) == 0);
    await(
        "it runs again", 15s,
        [&] {
            const pid_t now = endpoint.pid_of(Endpoint::Who::agent);
            return now > 0 && now != second;
        },
        [&] { return endpoint.logs(); });
    CHECK(endpoint.record()->progress.state == State::cleaning_up);

    volume.reset();
    CHECK(endpoint.end_of(id, 120s).ending == Ending::committed);
    CHECK(endpoint.leftovers().empty());
}
