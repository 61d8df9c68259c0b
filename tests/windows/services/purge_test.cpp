// `updatectl service remove --purge`, which is what an uninstall calls.
#include <future>

#include "os/process_id.hpp"
#include "os/program.hpp"
#include "windows/services/product.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("purge leaves nothing but the programs") {
    Product product;
    product.install();
    REQUIRE(product.eventually([&] { return product.published("Version") == "1.0.0"; }));
    const auto purged = product.control({"service", "remove", "--purge"});
    INFO(purged.output);
    REQUIRE(purged.code == 0);
    CHECK(product.published("Version").empty());
    CHECK(product.has_nothing_but_programs());
}

TEST_CASE("purge leaves nothing but the programs, also while a version that hangs is on trial") {
    Product product;
    product.install();
    // It blocks until the watchdog ends.
    auto update = std::async(std::launch::async, [&] {
        return make_processes()->run({UPDATECTL,
                                      {"apply", "--from", "1.0.0", "--version", "1.3.0", "--artifact",
                                       product.item("agent", "agent.exe", "agent-1.3-hangs.exe"), "--config",
                                       product.config().string()},
                                      120s});
    });
    REQUIRE(product.eventually([&] {
        std::ifstream history{product.settings().state_dir / "history.jsonl"};
        const std::string text{std::istreambuf_iterator<char>{history}, {}};
        return text.find("\"awaiting-ready\"") != std::string::npos &&
               product.state().phase == ScmPhase::starting;
    }));
    const auto hanging = identify(product.state().pid);
    REQUIRE(hanging);
    const auto purged = product.control({"service", "remove", "--purge"});
    INFO(purged.output);
    CHECK(purged.code == 0);
    (void)update.get();
    CHECK_FALSE(is_alive(*hanging));
    CHECK(product.has_nothing_but_programs());
}

namespace {

/// A process without a service that holds the lock of whoever works on the update, as a helper does.
ProcessId start_worker(Product& product, const fs::path& as) {
    fs::create_directories(as.parent_path());
    fs::copy_file(product.folder() / "probe.exe", as);
    const auto worker = make_processes()->break_away(
        {as, {"hold", (product.settings().state_dir / "journal.lock").string()}, {}}, 10s);
    REQUIRE_MESSAGE(worker, (worker ? "" : worker.error().message()));
    return *worker;
}

}  // namespace

TEST_CASE("purge ends a process of the product that works on an update for ever, and leaves nothing") {
    Product product;
    product.install();
    const auto worker = start_worker(product, product.settings().install_root / ".update-one" / "helper.exe");
    const auto purged = product.control({"service", "remove", "--purge"});
    INFO(purged.output);
    CHECK(purged.code == 0);
    CHECK_FALSE(is_alive(worker));
    CHECK(product.has_nothing_but_programs());
}

TEST_CASE("purge does not end a foreign process, and says which one works on the update") {
    Product product;
    product.install();
    const auto worker = start_worker(product, product.folder() / "elsewhere" / "foreign.exe");
    const auto refused = product.control({"service", "remove", "--purge", "--json"});
    CHECK(refused.code != 0);
    CHECK_MESSAGE(
        refused.output.find(fmt::format("is locked by process {}", worker.pid)) != std::string::npos,
        refused.output);
    CHECK(is_alive(worker));
    CHECK(kill_process(worker));
    CHECK(product.control({"service", "remove", "--purge"}).code == 0);
}
