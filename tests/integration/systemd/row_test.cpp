// Update after update on one machine: nothing may grow. UPDATE_ROW=500 for the long run
// (scripts/crash_sweep).
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <sstream>

#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

namespace {

struct Counts {
    std::size_t processes, units, files, watchdog_descriptors, watchdog_kib;
};

/// But for the second half of the history, which is there from its first MiB on.
std::size_t files_below(const fs::path& folder) {
    return static_cast<std::size_t>(
        std::count_if(fs::recursive_directory_iterator{folder}, fs::recursive_directory_iterator{},
                      [](const auto& entry) { return entry.path().filename() != "history.1.jsonl"; }));
}

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

Counts count(const ServiceEndpoint& service) {
    const std::string pid = service.main_pid(service.watchdog_unit());
    std::istringstream status{service.machine.run({"/bin/grep", "VmRSS", "/proc/" + pid + "/status"}).text};
    std::string label;
    std::size_t kib = 0;
    status >> label >> kib;
    return {service.machine.processes().size(),
            lines_of(service.machine.systemctl({"list-units", "--all", "--no-legend", "--plain"})),
            files_below(service.endpoint.install_root()) + files_below(service.endpoint.state_dir()),
            lines_of(service.machine.run({"/bin/ls", "/proc/" + pid + "/fd"}).text), kib};
}

std::string text(const Counts& c) {
    return fmt::format("{} processes, {} units, {} files, watchdog: {} descriptors, {} KiB", c.processes,
                       c.units, c.files, c.watchdog_descriptors, c.watchdog_kib);
}

}  // namespace

TEST_CASE(
    "systemd: updates in a row leave no process, unit, file or descriptor behind, and memory stays flat") {
    UPDATE_NEEDS_SYSTEMD();
    const char* wanted = std::getenv("UPDATE_ROW");
    const int updates = wanted == nullptr ? 16 : std::atoi(wanted);
    constexpr int settled_after = 4;
    Server server;
    ServiceEndpoint service{server,
                            {{"routes", R"(["watchdog"])"},
                             {"policy.allow_downgrade", "true"},
                             {"policy.attempts_per_version", "1000"}}};
    service.install();
    Counts early{};
    std::string memory;
    for (int n = 1; n <= updates; ++n) {
        const std::string version = n % 2 == 1 ? "1.1" : "1.0";
        const Outcome end =
            service.endpoint.end_of(service.endpoint.offer_agent(version + ".0", "agent-" + version));
        REQUIRE_MESSAGE(end.ending == Ending::committed, to_json(end));
        service.endpoint.await_session_of(version + ".0");
        if (n == settled_after) early = count(service);
        if (n % std::max(1, updates / 8) == 0) memory += fmt::format(" {}", count(service).watchdog_kib);
    }
    const auto same = [&] {
        const Counts now = count(service);
        return now.processes == early.processes && now.units == early.units && now.files == early.files &&
               now.watchdog_descriptors == early.watchdog_descriptors;
    };
    const bool nothing_grew = holds_within(10s, same);  // a moment for what is cleaned up behind the outcome
    const Counts late = count(service);
    MESSAGE(fmt::format("after {}: {}; after {}: {}", settled_after, text(early), updates, text(late)));
    MESSAGE("watchdog KiB, eight times on the way:" << memory);
    CHECK(nothing_grew);
    CHECK(late.watchdog_kib < early.watchdog_kib * 5 / 4);
}
