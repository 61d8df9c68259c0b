// The promise of <update/updater.hpp> about threads, for the thread sanitizer to check.
#include <atomic>
#include <doctest/doctest.h>
#include <future>
#include <thread>

#include <update/updater.hpp>

#include "support/process.hpp"

using namespace update;
using namespace update::test;
using namespace std::chrono_literals;

namespace {

Settings settings_in(const std::filesystem::path& folder) {
    Settings settings;
    settings.install_root = folder / "root";
    settings.state_dir = folder / "state";
    settings.programs = {{"agent", "bin/agent", {}, 1s}};
    settings.routes = {Route::exit_code};
    settings.restarted_on_failure = true;
    settings.transfer.attempts = 1;
    settings.trust.root = folder / "root.json";
    settings.trust.repositories = {{"https://127.0.0.1:1/metadata", "https://127.0.0.1:1/targets"}};
    std::filesystem::create_directories(settings.install_root / "bin");
    write_file(settings.install_root / "bin/agent", "an agent");
    return settings;
}

}  // namespace

TEST_CASE("an updater is called from many threads while it works on an update") {
    const Scratch scratch{"update-threads"};
    std::promise<void> filed;
    std::atomic_flag filed_once;
    std::atomic<std::size_t> lines = 0;
    UpdaterHooks hooks;
    hooks.outcome_filed = [&] {
        if (!filed_once.test_and_set()) filed.set_value();
    };
    hooks.log = [&](std::string_view line) { lines += line.size(); };
    auto opened = Updater::open(settings_in(scratch.path()), {"1.0.0", "this-start"}, hooks);
    REQUIRE(opened.has_value());
    Updater& updater = **opened;
    CHECK_FALSE(updater.resume().has_value());
    updater.ready();
    REQUIRE(updater.offer({"u-1", "agent", "stable", "1.1.0"}).has_value());

    std::atomic_bool enough = false;
    const auto loop = [&](auto call) {
        return std::thread{[&enough, call] {
            while (!enough) call();
        }};
    };
    std::thread callers[] = {
        loop([&] { updater.session(true); }),
        loop([&] { updater.authenticated(true, ""); }),
        loop([&] { CHECK(updater.open_update().empty()); }),
        loop([&] { CHECK(updater.installed().size() == 1); }),
        loop([&] { (void)updater.cancel("u-2"); }),
        loop([&] { (void)updater.outcomes(); }),
    };
    const bool in_time = filed.get_future().wait_for(60s) == std::future_status::ready;
    enough = true;
    for (std::thread& caller : callers) caller.join();
    REQUIRE(in_time);
    const auto outcomes = updater.outcomes();
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].update_id == "u-1");
    CHECK(outcomes[0].ending == Ending::abandoned);
    CHECK(outcomes[0].reason == Reason::untrusted);
    CHECK(updater.outcome_delivered("u-1").has_value());
    CHECK(updater.outcomes().empty());
    CHECK(lines > 0);
}
