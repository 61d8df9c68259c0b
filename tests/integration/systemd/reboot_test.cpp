// The machine goes down in the middle of an update, as the administrator wants it or by its plug, and comes
// up again with the same disk. (What a power cut does to files that were not flushed:
// tests/integration/crash.)
#include <fmt/format.h>

#include "service_endpoint.hpp"

using namespace update;
using namespace update::test;

namespace {

enum class Down { power_off, plug };

/// Looks as fast as it can; a state that was missed shows as the one after it.
State await_state_or_later(ServiceEndpoint& service, State wanted) {
    State seen = State::preflighting;
    await(
        fmt::format("the update is {} or beyond", row(wanted).name), 20s,
        [&] {
            for (int looks = 0; looks < 50; ++looks)
                if (const auto record = service.endpoint.record()) {
                    seen = record->progress.state;
                    if (seen >= wanted) return true;
                }
            return false;
        },
        [&] { return service.logs(); });
    return seen;
}

void go_down_in(State wanted, Down how, const Overrides& settings, const std::string& version,
                const std::string& name) {
    CAPTURE(row(wanted).name);
    Server server;
    ServiceEndpoint service{server, settings};
    service.install();
    const std::string id =
        service.endpoint.offer(version, {{.source = built_version(name), .self_test = false}});
    const State seen = await_state_or_later(service, wanted);
    how == Down::plug ? service.machine.cut_power() : service.machine.power_off();
    service.machine.boot();
    const Outcome end = service.endpoint.filed_end_of(id);
    const bool bad = name != "agent-1.1";
    const bool went_forward = end.ending == Ending::committed;
    MESSAGE("down in " << row(seen).name << " (wanted " << row(wanted).name
                       << "): " << update::name(end.ending));
    CAPTURE(service.logs());
    CAPTURE(to_json(end));
    CHECK(end.ending != Ending::needs_repair);
    CHECK_FALSE((bad && went_forward));
    service.endpoint.await_session_of(went_forward ? version : "1.0.0", 40s);
    CHECK(service.endpoint.installed("bin/agent") ==
          read_file(built_version(went_forward ? name : "agent-1.0")));
    CHECK(service.runs(service.agent_unit()));
}

const Overrides by_watchdog{{"routes", R"(["watchdog"])"}};
const Overrides by_exit_code{
    {"watchdog_path", R"("")"}, {"routes", R"(["exit-code"])"}, {"service.restart_delay", R"("100ms")"}};

}  // namespace

TEST_CASE("systemd: the plug is pulled in each state of an update, and after the boot it ends well") {
    UPDATE_NEEDS_SYSTEMD();
    for (const State state :
         {State::downloading, State::staging, State::backing_up, State::handing_over, State::stopping,
          State::swapping, State::starting, State::awaiting_ready, State::awaiting_ack, State::cleaning_up})
        go_down_in(state, Down::plug, by_watchdog, "1.1.0", "agent-1.1");
}

TEST_CASE("systemd: the machine is shut down in states of an update, and after the boot it ends well") {
    UPDATE_NEEDS_SYSTEMD();
    for (const State state :
         {State::downloading, State::verifying, State::awaiting_ready, State::awaiting_ack})
        go_down_in(state, Down::power_off, by_watchdog, "1.1.0", "agent-1.1");
}

TEST_CASE("systemd: the plug is pulled in states of the way back, and after the boot the old version runs") {
    UPDATE_NEEDS_SYSTEMD();
    for (const State state :
         {State::stopping_trial, State::restoring, State::restarting_old, State::watching_old})
        go_down_in(state, Down::plug, by_watchdog, "1.2.0", "agent-1.2-crashes");
}

TEST_CASE("systemd: the plug is pulled in states of the exit-code route, and after the boot it ends well") {
    UPDATE_NEEDS_SYSTEMD();
    for (const State state : {State::self_swapping, State::exiting, State::starting, State::awaiting_ready})
        go_down_in(state, Down::plug, by_exit_code, "1.1.0", "agent-1.1");
    go_down_in(State::awaiting_ready, Down::plug, by_exit_code, "1.2.0", "agent-1.2-unloadable");
}
