#include "service/unit_state.hpp"

#include <doctest/doctest.h>

using namespace update;

namespace {

/// A service that ran from 100 to 200; the numbers are those that systemd 252 shows.
UnitState ended(const std::string& active, const std::string& result, std::uint64_t ceased,
                std::uint64_t exited) {
    UnitState s;
    s.load = "loaded";
    s.file = "enabled";
    s.active = active;
    s.sub = active == "failed" ? "failed" : "dead";
    s.result = result;
    s.last_pid = 42;
    s.process_start_us = 100;
    s.active_enter_us = 110;
    s.active_exit_us = ceased;
    s.process_exit_us = exited;
    s.exit_kind = 1;
    return s;
}

const UnitState asked = ended("inactive", "success", 190, 200);
const UnitState by_itself = ended("inactive", "success", 201, 200);

}  // namespace

TEST_CASE("a unit that ceased to be active before its process ended was told to stop, and is held") {
    CHECK(is_held(asked, StoppedBy::others));
    CHECK(is_held(ended("failed", "timeout", 190, 200), StoppedBy::others));  // it had to be killed
    CHECK(is_held(ended("failed", "exit-code", 190, 200), StoppedBy::others));
}

TEST_CASE("a unit whose process ended by itself is not held, whatever its exit code") {
    CHECK_FALSE(is_held(by_itself, StoppedBy::others));
    CHECK_FALSE(is_held(ended("failed", "exit-code", 201, 200), StoppedBy::others));
    CHECK_FALSE(is_held(ended("failed", "signal", 201, 200), StoppedBy::others));
}

TEST_CASE("systemd's own kills are nobody's wish") {
    for (const char* result : {"watchdog", "oom-kill", "start-limit-hit"})
        CHECK_FALSE(is_held(ended("failed", result, 190, 200), StoppedBy::others));
}

TEST_CASE("our own stop does not hold a unit") { CHECK_FALSE(is_held(asked, StoppedBy::us)); }

TEST_CASE("a unit that was stopped before it was ever ready is held") {
    UnitState s = ended("inactive", "success", 0, 200);
    s.active_enter_us = 0;
    CHECK(is_held(s, StoppedBy::others));
    s.active = "failed";
    s.result = "protocol";  // Type=notify, and it ended with 0 without a word
    CHECK_FALSE(is_held(s, StoppedBy::others));
}

TEST_CASE("a unit that never ran in this boot is not held") {
    UnitState s;
    s.load = "loaded";
    s.active = "inactive";
    s.result = "success";
    CHECK_FALSE(is_held(s, StoppedBy::others));
}

TEST_CASE("a disabled or masked unit is held, also while it runs and whoever stopped it") {
    UnitState running = asked;
    running.active = "active";
    running.sub = "running";
    running.main_pid = 42;
    CHECK_FALSE(is_held(running, StoppedBy::others));
    running.file = "disabled";
    CHECK(is_held(running, StoppedBy::others));
    UnitState masked = by_itself;
    masked.load = "masked";
    CHECK(is_held(masked, StoppedBy::us));
}

TEST_CASE("a unit that waits for its restart is neither up nor held") {
    UnitState s = ended("activating", "exit-code", 201, 200);
    s.sub = "auto-restart";
    CHECK_FALSE(is_up(s));
    CHECK(is_waiting_for_restart(s));
    CHECK_FALSE(is_held(s, StoppedBy::others));
}

TEST_CASE("a unit that somebody restarts is up between its processes, and not held") {
    UnitState s = asked;
    CHECK_FALSE(is_up(s));
    s.job = "restart";
    CHECK(is_up(s));
    CHECK(is_restarted_on_request(s, 0));
    CHECK_FALSE(is_held(s, StoppedBy::others));
    s.job = "stop";
    CHECK_FALSE(is_up(s));
    UnitState automatic = by_itself;  // systemd's own restart of one that ended
    automatic.job = "restart";
    automatic.restarts = 1;
    CHECK_FALSE(is_restarted_on_request(automatic, 0));
}

TEST_CASE("a unit whose ExecStartPre= runs is up, though it has no process yet") {
    UnitState s;
    s.load = "loaded";
    s.active = "activating";
    s.sub = "start-pre";
    CHECK(is_up(s));
}

TEST_CASE("an unreadable unit is an error and never 'not running'") {
    UnitState s;
    s.load = "not-found";
    CHECK(check_loaded(s, "a.service").error().code() == ErrorCode::not_found);
    for (const char* load : {"bad-setting", "error", "", "anything"}) {
        s.load = load;
        CHECK(check_loaded(s, "a.service").error().code() == ErrorCode::refused);
    }
}

TEST_CASE("the last exit tells code and signal apart") {
    UnitState s = by_itself;
    s.exit_value = 1;
    CHECK(last_exit(s) == ExitStatus{false, 1});
    s.exit_kind = 2;
    s.exit_value = 9;
    CHECK(last_exit(s) == ExitStatus{true, 9});
    s.process_exit_us = 0;
    CHECK_FALSE(last_exit(s).has_value());
}
