#include "supervise/watchlist.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <vector>

#include "support/manual_time.hpp"

using namespace update;
using namespace std::chrono_literals;

namespace {

class FakeNeighbours : public Neighbours {
 public:
    std::map<std::string, NeighbourService> services;
    std::map<std::string, bool> processes;
    std::vector<std::string> started;
    bool starts_help = true, readable = true;

    Result<bool> process_runs(const std::string& name) override {
        if (!readable) return Error{ErrorCode::permission, "/proc is hidden"};
        return processes[name];
    }
    Result<NeighbourService> service(const std::string& name) override {
        if (!readable) return Error{ErrorCode::retry_later, "the bus is away"};
        const auto found = services.find(name);
        if (found == services.end()) return Error{ErrorCode::not_found, name + " is not installed"};
        return found->second;
    }
    Status start_service(const std::string& name) override {
        started.push_back(name);
        services[name].running = starts_help;
        return done();
    }
};

class NoJitter : public Random {
 public:
    std::uint64_t below(std::uint64_t bound) override { return bound == 0 ? 0 : bound - 1; }
};

struct World {
    FakeNeighbours neighbours;
    SupervisionSettings settings;
    NoJitter random;
    std::vector<std::string> told;
    Watchlist list{neighbours, settings, random,
                   [this](std::string_view kind, const std::string&) { told.emplace_back(kind); }};
    Instant now{1h};
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a watched service that does not run is started at once, and both changes are told once") {
    World w;
    w.neighbours.services["db"] = {true, false};
    REQUIRE(w.list.watch_services({"db"}));
    w.list.look(w.now);
    CHECK(w.told.empty());
    w.neighbours.services["db"].running = false;
    w.list.look(w.now += 1s);
    CHECK(w.neighbours.started == Words{"db"});
    w.list.look(w.now += 1s);
    w.list.look(w.now += 1s);
    CHECK(w.neighbours.started == Words{"db"});
    CHECK(w.told == Words{"service-down", "service-back"});
}

TEST_CASE(
    "a service that does not come up is started with growing pauses, never given up, and held by the "
    "budget") {
    World w;
    w.settings.budget = 3;
    w.neighbours.services["db"] = {};
    w.neighbours.starts_help = false;
    REQUIRE(w.list.watch_services({"db"}));
    std::vector<Instant> starts;
    for (int n = 0; n < 5; ++n) {
        w.list.look(w.now);
        starts.push_back(w.now);
        REQUIRE(w.neighbours.started.size() == starts.size());
        REQUIRE(w.list.next_start());
        w.list.look(w.now);  // too early: nothing happens
        REQUIRE(w.neighbours.started.size() == starts.size());
        w.now = *w.list.next_start();
    }
    CHECK(starts[2] - starts[1] > starts[1] - starts[0]);
    CHECK(starts[4] - starts[3] >= w.settings.backoff_max - 1ms);
    CHECK(std::ranges::count(w.told, "service-held") == 2);
    CHECK(std::ranges::count(w.told, "service-down") == 1);
}

TEST_CASE("a service that an administrator stopped stays stopped") {
    World w;
    w.neighbours.services["db"] = {false, true};
    REQUIRE(w.list.watch_services({"db"}));
    w.list.look(w.now);
    CHECK(w.neighbours.started.empty());
    CHECK_FALSE(w.list.next_start());
}

TEST_CASE("a service whose state cannot be read is not taken for one that does not run") {
    World w;
    w.neighbours.services["db"] = {true, false};
    REQUIRE(w.list.watch_services({"db"}));
    w.neighbours.readable = false;
    w.list.look(w.now);
    CHECK(w.neighbours.started.empty());
    CHECK(w.told.empty());
}

TEST_CASE("a service that is not installed is refused by name, and the list stays as it was") {
    World w;
    w.neighbours.services["db"] = {};
    REQUIRE(w.list.watch_services({"db"}));
    const Status refused = w.list.watch_services({"db", "typo"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::not_found);
    CHECK(refused.error().message().find("typo") != std::string::npos);
    w.list.look(w.now);
    CHECK(w.neighbours.started == Words{"db"});
}

TEST_CASE(
    "the end of a watched process and its return are told once each, and an empty list ends the watch") {
    World w;
    w.neighbours.processes["tray"] = true;
    w.list.watch_processes({"tray"});
    w.list.look(w.now);
    w.neighbours.processes["tray"] = false;
    w.list.look(w.now);
    w.list.look(w.now);
    CHECK(w.told == Words{"process-gone"});
    w.neighbours.processes["tray"] = true;
    w.list.look(w.now);
    CHECK(w.told == Words{"process-gone", "process-back"});
    w.list.watch_processes({});
    w.neighbours.processes["tray"] = false;
    w.list.look(w.now);
    CHECK(w.told.size() == 2);
}
