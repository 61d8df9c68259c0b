// The machine's time and a channel on which nothing comes, for tests with real sockets.
#pragma once
#include <condition_variable>
#include <mutex>
#include <random>

#include "ports/channel.hpp"
#include "ports/random.hpp"

namespace update::test {

class RealClock : public Clock {
 public:
    Instant now() const override {
        return Instant{std::chrono::duration_cast<AwakeClock::duration>(
            std::chrono::steady_clock::now().time_since_epoch())};
    }
    WallTime wall() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
    std::string boot_id() const override { return "boot"; }
};

class QuietChannel : public Channel {
 public:
    Signal wait(Instant deadline) override {
        std::unique_lock lock{mutex_};
        never_.wait_until(lock, std::chrono::steady_clock::time_point{deadline.time_since_epoch()},
                          [] { return false; });
        return {};
    }
    Status ask_watchdog_to_update(const std::string&) override { return Error{ErrorCode::not_found, "none"}; }
    Status ping_watchdog() override { return Error{ErrorCode::not_found, "none"}; }

 private:
    std::mutex mutex_;
    std::condition_variable never_;
};

class SeededRandom : public Random {
 public:
    explicit SeededRandom(unsigned seed) : engine_{seed} {}
    std::uint64_t below(std::uint64_t bound) override { return bound == 0 ? 0 : engine_() % bound; }

 private:
    std::mt19937_64 engine_;
};

}  // namespace update::test
