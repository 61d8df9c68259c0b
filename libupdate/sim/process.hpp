#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <update/outcome.hpp>

#include "engine/engine.hpp"
#include "engine/offers.hpp"
#include "os/fiber/fiber.hpp"
#include "ports/ports.hpp"
#include "sim/disk.hpp"

namespace update::sim {

/// Thrown through the stack of a process that was killed. Nothing of the product catches it.
struct Killed {};
/// Thrown when a process goes on as another program (exec).
struct Becomes {};

enum class Program : std::uint8_t { agent, watchdog, helper, guardian, guard, rescue, updatectl, companion };
std::string_view name(Program);

/// A request on the watchdog's socket. It is answered when the watchdog comes to look.
struct Ask {
    enum class Kind : std::uint8_t { ping, perform_update, renew, roll_back } kind = Kind::ping;
    std::string update_id;
    bool answered = false;
    std::optional<Error> error;
    std::string message;
};

/// What an agent tells of itself: the sum of its reports, as in compose/reporter.
struct LifeSigns {
    bool began = false;  ///< the program works: it has looked at the journal and connects
    bool ready = false, connected = false, accepted = false, online = false;
    std::string acknowledged, open_update;
    unsigned session = 0;  ///< connections so far; an answer on an earlier one is lost
};

struct Process {
    std::int64_t pid = 0;
    Program program = Program::agent;
    std::string service;  ///< the configured program that it is, when it is one
    std::string version, argument;
    NodePtr image;
    bool alive = true, stopping = false, deaf = false;
    bool made_deaf = false;  ///< by a fault
    Instant started;

    std::unique_ptr<Fiber> fiber;
    bool waits = false, killed = false;
    bool dies_next = false;  ///< at its next point
    Instant wake;

    std::deque<Signal> signals;
    std::deque<std::shared_ptr<Ask>> asks;
    std::map<std::string, std::int64_t> supervised;  ///< program -> its process, as far as this one knows
    std::deque<std::pair<std::string, std::optional<ExitStatus>>> exits;
    std::function<void()> serve = [] {};  ///< what its event loop does while it waits
    bool desk = false;                    ///< takes signs of life
    bool shaken_hands = false, told_of_cancel = false, cancel_news = false;

    LifeSigns life;
    Offers offers;
    std::size_t outcomes_seen = 0;
};

}  // namespace update::sim
