#include "render.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "human.hpp"

using namespace update;
using namespace update::ctl;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t noon = 1'714'564'800'000;  // 2024-05-01 12:00:00 UTC

Outcome rolled_back() {
    Outcome o;
    o.update_id = "u-7";
    o.ending = Ending::rolled_back;
    o.reason = Reason::crashed;
    o.message = "exited before it was ready";
    o.evidence.signal = 11;
    o.route = Route::watchdog;
    o.from_version = "1.1.0";
    o.to_version = "1.2.0";
    o.bytes = 64ULL << 20U;
    o.downtime_us = 812'400;
    o.duration_ms = 4'210;
    o.ended_at_unix_ms = noon;
    return o;
}

StatusView full_status() {
    StatusView status;
    status.programs = {{"agent", true, 4711, "1.1.0", noon - 90'000}, {"tray-icon", false, 0, "", 0}};
    status.update = UpdateRow{
        "u-8",        "1.1.0",     "1.3.0", "downloading", Route::watchdog, 2, milliseconds{250'000},
        16ULL << 20U, 64ULL << 20U};
    status.watchdog_version = "1.1.0";
    status.last = rolled_back();
    return status;
}

}  // namespace

TEST_CASE("the status shows programs, watchdog, the update in progress and the last outcome") {
    CHECK(status_text(full_status(), noon) ==
          "PROGRAM    STATE    PID   VERSION  FOR\n"
          "agent      running  4711  1.1.0    1 min 30 s\n"
          "tray-icon  stopped  -     -        -\n"
          "\n"
          "watchdog  1.1.0\n"
          "update    u-8: 1.1.0 -> 1.3.0, downloading, by watchdog, attempt 2, 4 min 10 s left\n"
          "          16 MiB of 64 MiB (25 %)\n"
          "last      rolled-back: 1.1.0 -> 1.2.0, by watchdog, down for 812 ms, 64 MiB received, in 4.2 s, "
          "at 2024-05-01 "
          "12:00:00 UTC (u-7)\n"
          "          crashed: exited before it was ready (signal 11)\n");
}

TEST_CASE("an idle status without a watchdog says so") {
    CHECK(status_text({}, noon) == "watchdog  does not answer\nupdate    none in progress\n");
}

TEST_CASE("an update of which little is known shows what is known") {
    StatusView status;
    status.update = UpdateRow{"u", "", "2", "preflighting", Route::none, 1, std::nullopt, 0, 0};
    CHECK(status_text(status, noon).find("update    u: - -> 2, preflighting\n") != std::string::npos);
}

TEST_CASE("a program whose start lies in the future, because the clock was set, runs for no time") {
    StatusView status;
    status.programs = {{"agent", true, 1, "1", noon + 5'000}};
    CHECK(status_text(status, noon).find("1        0 ms\n") != std::string::npos);
}

TEST_CASE("a good outcome is one line without a reason") {
    Outcome o = rolled_back();
    o.ending = Ending::committed;
    o.reason = Reason::none;
    o.downtime_us.reset();
    CHECK(outcome_text(o) ==
          "committed: 1.1.0 -> 1.2.0, by watchdog, 64 MiB received, in 4.2 s, at 2024-05-01 12:00:00 UTC "
          "(u-7)\n");
}

TEST_CASE("all evidence of an outcome is shown") {
    Outcome o = rolled_back();
    o.evidence = {64ULL << 20U, 12ULL << 20U, 99, 3, 9};
    CHECK(outcome_text(o).find("(need 64 MiB, have 12 MiB, held by process 99, exit code 3, signal 9)\n") !=
          std::string::npos);
}

TEST_CASE("history is a timeline per update") {
    const std::vector<HistoryLine> lines{{noon, "u-1", "preflighting", "entered", ""},
                                         {noon + 3'210, "u-1", "downloading", "succeeded", "64 MiB"},
                                         {noon + 60'000, "u-2", "preflighting", "failed", "no\nspace"}};
    CHECK(history_text(lines) ==
          "2024-05-01 12:00:00 UTC  update u-1\n"
          "  +0 ms   preflighting  entered    -\n"
          "  +3.2 s  downloading   succeeded  64 MiB\n"
          "\n"
          "2024-05-01 12:01:00 UTC  update u-2\n"
          "  +0 ms  preflighting  failed  no?space\n");
    CHECK(history_text({}) == "no history\n");
}

TEST_CASE("no text from elsewhere reaches the terminal raw") {
    const std::string evil = "\x1b]0;owned\x07\r\n";
    StatusView status;
    status.programs = {{evil, true, 1, evil, noon}};
    status.update = UpdateRow{evil, evil, evil, evil, Route::none, 1, std::nullopt, 0, 0};
    status.watchdog_version = evil;
    status.last = rolled_back();
    status.last->update_id = status.last->message = status.last->from_version = status.last->to_version =
        evil;
    const std::vector<HistoryLine> lines{{noon, evil, evil, evil, evil}};
    const std::string text =
        status_text(status, noon) + history_text(lines) + progress_text({evil, 1, 2, 3}, {80, false});
    for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
}

TEST_CASE("progress without a terminal is whole plain lines") {
    CHECK(progress_text({"downloading", 16ULL << 20U, 64ULL << 20U, 2ULL << 20U}, {80, false}) ==
          "downloading: 16 MiB of 64 MiB (25 %), 2.0 MiB/s\n");
    CHECK(progress_text({"downloading", 5, 0, std::nullopt}, {80, false}) == "downloading: 5 B\n");
}

TEST_CASE("progress on a terminal is a bar that grows") {
    const auto bar = [](std::uint64_t bytes) {
        return progress_text({"staging", bytes, 100, std::nullopt}, {54, true});
    };
    CHECK(bar(0) == "\rstaging  0 B of 100 B (0 %)  [......................]");
    CHECK(bar(50) == "\rstaging  50 B of 100 B (50 %)  [##########..........]");
    CHECK(bar(100) == "\rstaging  100 B of 100 B (100 %)  [##################]");
    CHECK(bar(500) == "\rstaging  500 B of 100 B (100 %)  [##################]");
}

TEST_CASE("a bar never fills the last column, whatever the width, so that it is not wrapped") {
    for (std::size_t width = 0; width < 200; ++width)
        for (const std::uint64_t total : {0ULL, 1ULL, 1ULL << 40U}) {
            CAPTURE(width);
            const std::string text = progress_text({"downloading", 1, total, 1ULL << 30U}, {width, true});
            CHECK(text.front() == '\r');
            CHECK(text.find('\n') == std::string::npos);
            CHECK(columns(text) - 1 == (width == 0 ? 0 : width - 1));
        }
}

TEST_CASE("the JSON status has the same fields in every state") {
    const json full = json::parse(status_json(full_status()));
    const json idle = json::parse(status_json({}));
    for (const auto* field : {"programs", "update", "watchdog_version", "last"}) {
        CHECK(full.contains(field));
        CHECK(idle.contains(field));
    }
    CHECK(idle["update"].is_null());
    CHECK(idle["last"].is_null());
    CHECK(idle["watchdog_version"].is_null());
    CHECK(full["programs"][0] == json{{"name", "agent"},
                                      {"running", true},
                                      {"pid", 4711},
                                      {"version", "1.1.0"},
                                      {"since_unix_ms", noon - 90'000},
                                      {"held", false}});
    CHECK(full["programs"][1] == json{{"name", "tray-icon"},
                                      {"running", false},
                                      {"pid", nullptr},
                                      {"version", nullptr},
                                      {"since_unix_ms", nullptr},
                                      {"held", false}});
    CHECK(full["update"] == json{{"id", "u-8"},
                                 {"from", "1.1.0"},
                                 {"to", "1.3.0"},
                                 {"state", "downloading"},
                                 {"route", "watchdog"},
                                 {"attempts", 2},
                                 {"deadline_left_ms", 250'000},
                                 {"bytes", 16 << 20},
                                 {"total", 64 << 20}});
    CHECK(full["last"] == json::parse(to_json(rolled_back())));
    CHECK(status_json({}).ends_with("}\n"));
}

TEST_CASE("history and progress as JSON keep text as it is") {
    const std::vector<HistoryLine> lines{{noon, "u-1", "staging", "failed", "no\nspace \xff"}};
    CHECK(json::parse(history_json(lines)) == json::array({{{"unix_ms", noon},
                                                            {"update_id", "u-1"},
                                                            {"state", "staging"},
                                                            {"event", "failed"},
                                                            {"note", "no\nspace \xef\xbf\xbd"}}}));
    CHECK(history_json({}) == "[]\n");
    CHECK(json::parse(progress_json({"staging", 1, 0, std::nullopt})) ==
          json{{"state", "staging"}, {"bytes", 1}, {"total", nullptr}, {"bytes_per_s", nullptr}});
}
