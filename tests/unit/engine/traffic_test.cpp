// What the outcome says about the traffic of an update.
#include "support/scripted_http.hpp"
#include "world.hpp"

using namespace update;
using namespace update::test;

namespace {

/// The agent of the update comes over a network that does what the script says.
struct Network {
    World world{Route::watchdog};
    ScriptedHttp http;
    Bytes file;

    Network() {
        Artifact& agent = world.plan.artifacts.front();
        const std::string text = world.read(world.folder.path() / "offer/agent");
        const auto bytes = std::as_bytes(std::span{text});
        file.assign(bytes.begin(), bytes.end());
        agent.urls = {"https://one.example/agent"};
        world.http = &http;
    }
    void answer(ScriptedAnswer answer) { http.script.push_back(std::move(answer)); }
};

}  // namespace

TEST_CASE("an abandoned download has cost the bytes that came") {
    Network network;
    network.answer(cut_after(serve(network.file), 1'000));
    network.answer(status(404));
    REQUIRE(network.world.begin() == Halt::ended);
    CHECK(network.world.outcome()->reason == Reason::download_failed);
    CHECK(network.world.outcome()->bytes == 1'000);
}

TEST_CASE("a corrupt download has cost the bytes that came, those that were thrown away included") {
    Network network;
    for (int i = 0; i < 2; ++i) network.answer(serve(pattern(network.file.size(), 9)));
    REQUIRE(network.world.begin() == Halt::ended);
    CHECK(network.world.outcome()->reason == Reason::corrupt);
    CHECK(network.world.outcome()->bytes == 2 * network.file.size());
}

TEST_CASE("a cancelled download has cost the bytes that came") {
    Network network;
    auto first = cut_after(serve(network.file), 1'000);
    first.before_end = [&] {
        network.world.intruder = Signal{.kind = Signal::Kind::cancelled, .update_id = "u-1"};
    };
    network.answer(std::move(first));
    REQUIRE(network.world.begin() == Halt::ended);
    CHECK(network.world.outcome()->reason == Reason::cancelled);
    CHECK(network.world.outcome()->bytes == 1'000);
}

TEST_CASE("the bytes of a process that had to end are counted with those of its next life") {
    Network network;
    auto first = cut_after(serve(network.file), 1'000);
    first.before_end = [&] { network.world.intruder = Signal{.kind = Signal::Kind::stopping}; };
    network.answer(std::move(first));
    REQUIRE(network.world.begin() == Halt::interrupted);
    CHECK(network.world.record()->bytes == 1'000);
    network.answer(serve(network.file));  // less than a block was not on the disk yet
    network.world.run_to_the_end();
    CHECK(network.world.outcome()->ending == Ending::committed);
    CHECK(network.world.outcome()->bytes == 1'000 + network.file.size());
}

TEST_CASE("the progress of a set is told at its beginning and end and ten times a second, not per artifact") {
    World world{Route::watchdog};
    REQUIRE(world.plan.artifacts.size() == 2);
    REQUIRE(world.begin().has_value());
    const auto total = world.plan.artifacts[0].size_bytes + world.plan.artifacts[1].size_bytes;
    CHECK(world.progress == std::vector<std::uint64_t>{0, total});
}
