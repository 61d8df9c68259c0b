// A file of the set that another program holds open and shares with nobody who would rename or remove it, as
// scanners and backups do. Windows alone knows such a thing.
#include <future>
#include <thread>

#include "os/handle.hpp"
#include "os/windows.hpp"
#include "world.hpp"

using namespace update;
using namespace update::test;

namespace {

class Holder {
 public:
    explicit Holder(const Path& file)
        : handle_{::CreateFileW(file.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0,
                                nullptr)} {
        REQUIRE(handle_);
    }
    ~Holder() {
        if (thread_.joinable()) thread_.join();
    }
    void let_go_after(std::chrono::milliseconds time) {
        thread_ = std::thread{[this, time] {
            (void)never_.get_future().wait_for(time);
            handle_.reset();
        }};
    }

 private:
    Handle handle_;
    std::promise<void> never_;
    std::thread thread_;
};

/// Holds the file from the first swap on.
void hold_at_swap(World& world, std::optional<Holder>& holder, const char* file,
                  std::optional<std::chrono::milliseconds> time = {}) {
    world.point = [&world, &holder, file, time](std::string_view) {
        const auto now = world.record();
        if (holder || !now) return;
        if (now->progress.state != State::swapping && now->progress.state != State::self_swapping) return;
        holder.emplace(world.settings.install_root / file);
        if (time) holder->let_go_after(*time);
    };
}

}  // namespace

TEST_CASE("a program that somebody holds for a second is replaced all the same") {
    for (const Route route : {Route::watchdog, Route::self_update, Route::exit_code}) {
        World world{route};
        std::optional<Holder> holder;
        hold_at_swap(world, holder, "bin/agent", 1s);
        world.run_to_the_end();
        const std::string context{update::name(route)};
        REQUIRE_MESSAGE(holder.has_value(), context);
        world.check_end(context);
        CHECK_MESSAGE(world.state() == State::committed, context << ": " << world.record()->message);
    }
}

TEST_CASE("a program that somebody holds for ever turns the update back, and the old version runs on") {
    World world{Route::watchdog};
    std::optional<Holder> holder;
    hold_at_swap(world, holder, "bin/agent");
    world.run_to_the_end();
    REQUIRE(holder);
    world.check_end("held for ever");
    CHECK(world.state() == State::rolled_back);
    CHECK(world.live_version() == old_version);
    CHECK(world.outcome()->message.find("agent") != std::string::npos);
    MESSAGE(world.outcome()->message);
}

TEST_CASE("a file of the set that somebody holds for ever leaves no mixed set") {
    World world{Route::watchdog};
    std::optional<Holder> holder;
    hold_at_swap(world, holder, "share/data");
    world.run_to_the_end();
    REQUIRE(holder);
    world.check_end("the second file held for ever");
    CHECK(world.state() == State::rolled_back);
    CHECK(world.live_version() == old_version);
}
