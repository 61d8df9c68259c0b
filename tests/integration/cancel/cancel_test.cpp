// A real update is held in each state, and cancelled there: by updatectl, or by a request to the watchdog.
#include <doctest/doctest.h>
#include <iostream>

#include "../update/story.hpp"
#include "../updatectl/operator.hpp"
#include "ipc/message.hpp"
#include "os/ipc_client.hpp"
#include "support/killer.hpp"

using namespace update;
using namespace update::test;

namespace {

using Who = Endpoint::Who;

/// How the update would go by itself.
enum class Goes { well, crashing, with_a_wrong_byte, without_a_backup };

/// One state, and what a wish to cancel leads to there.
struct Held {
    Who worker;  ///< holds still in it
    State state;
    Ending ending;
    Reason reason;
    Goes goes = Goes::well;
    std::string refused = {};  ///< part of the answer; empty: the wish is taken
};

const std::string proved = "has proved itself", given_up = "is being given up already",
                  over = "is not in progress";

/// The old version is untouched, and runs on.
Held abandons(Who worker, State state) { return {worker, state, Ending::abandoned, Reason::cancelled}; }
/// The old version is on its way out, or the new one on trial.
Held turns_back(Who worker, State state) { return {worker, state, Ending::rolled_back, Reason::requested}; }
Held commits(Who worker, State state, const std::string& why) {
    return {worker, state, Ending::committed, Reason::none, Goes::well, why};
}
Held rolls_back(Who worker, State state, const std::string& why) {
    return {worker, state, Ending::rolled_back, Reason::crashed, Goes::crashing, why};
}

std::vector<Held> preparation() {
    return {
        abandons(Who::agent, State::preflighting),
        abandons(Who::agent, State::downloading),
        abandons(Who::agent, State::staging),
        abandons(Who::agent, State::self_testing),
        abandons(Who::agent, State::backing_up),
        abandons(Who::agent, State::handing_over),
        {Who::agent, State::discarding, Ending::abandoned, Reason::corrupt, Goes::with_a_wrong_byte,
         given_up},
        {Who::agent, State::abandoned, Ending::abandoned, Reason::corrupt, Goes::with_a_wrong_byte, over},
    };
}

std::vector<Held> trial(Who applier) {
    return {
        turns_back(applier, State::starting),
        turns_back(applier, State::awaiting_ready),
        turns_back(applier, State::awaiting_ack),
        commits(applier, State::renewing_watchdog, proved),
        commits(applier, State::cleaning_up, proved),
        commits(applier, State::committed, over),
        rolls_back(applier, State::stopping_trial, given_up),
        rolls_back(applier, State::restoring, given_up),
        rolls_back(applier, State::restarting_old, given_up),
        rolls_back(applier, State::watching_old, given_up),
        rolls_back(applier, State::rolled_back, over),
    };
}

std::vector<Held> application(Who applier) {
    std::vector<Held> rows{
        abandons(applier, State::verifying),
        turns_back(applier, State::stopping),
        turns_back(applier, State::swapping),
    };
    for (const Held& row : trial(applier)) rows.push_back(row);
    return rows;
}

std::vector<Held> repair() {
    return {
        {Who::watchdog, State::salvaging, Ending::needs_repair, Reason::crashed, Goes::without_a_backup,
         given_up},
        {Who::watchdog, State::needs_repair, Ending::needs_repair, Reason::crashed, Goes::without_a_backup,
         over},
    };
}

std::vector<Held> self_exchange() {
    return {turns_back(Who::agent, State::self_swapping), turns_back(Who::agent, State::exiting)};
}

struct Said {
    bool taken = false;
    std::string text;
};

/// The wish lies on disk, or is refused, before the worker goes on.
Said cancel_by_updatectl(Endpoint& endpoint, const std::string& id, Killer& holder) {
    Operator op{endpoint};
    op.begin({"cancel", id});
    await(
        "updatectl has answered, or written the wish", 20s,
        [&] {
            return !op.process().running() || std::filesystem::exists(endpoint.layout().cancel_request());
        },
        [&] { return endpoint.logs(); });
    holder.release();
    const auto answer = op.end();
    if (answer.code != 0) CHECK(answer.code == 3);
    return {answer.code == 0, answer.output};
}

Said cancel_by_request(Endpoint& endpoint, const std::string& id, Killer& holder) {
    ipc::Request request;
    request.type = ipc::Type::cancel;
    request.update_id = id;
    const auto reply = ask(endpoint.layout().watchdog_socket(), request, 5s);
    REQUIRE_MESSAGE(reply.has_value(), reply.error().message());
    holder.release();
    return {reply->ok, reply->message};
}

std::string offer(Endpoint& endpoint, Goes goes) {
    const bool crashes = goes == Goes::crashing || goes == Goes::without_a_backup;
    Item item = agent_item(crashes ? "agent-1.2-crashes" : "agent-1.1");
    item.tampered = goes == Goes::with_a_wrong_byte;
    return endpoint.offer(crashes ? "1.2.0" : "1.1.0", {item});
}

void lose_backup(const Endpoint& endpoint) {
    for (const auto& entry : std::filesystem::directory_iterator{endpoint.install_root() / "bin"})
        if (entry.is_directory()) std::filesystem::remove(entry.path() / "0.old");
}

void check_end(Endpoint& endpoint, const Held& row, const Outcome& end) {
    CHECK(name(end.ending) == name(row.ending));
    CHECK(name(end.reason) == name(row.reason));
    if (row.ending == Ending::needs_repair) {  // what could not be put back is left as it is
        CHECK(holds_within(10s, [&] { return endpoint.pid_of(Who::agent) > 0; }));
        return;
    }
    const bool is_new = row.ending == Ending::committed;
    endpoint.await_session_of(is_new ? "1.1.0" : "1.0.0");
    CHECK(endpoint.installed("bin/agent") == read_file(built_version(is_new ? "agent-1.1" : "agent-1.0")));
    const auto exe = "/proc/" + std::to_string(endpoint.pid_of(Who::agent)) + "/exe";
    CHECK(read_file(exe) == endpoint.installed("bin/agent"));
    CHECK(is_quarantined(endpoint, end.to_version) == (row.goes == Goes::crashing));
    check_nothing_left(endpoint);
}

/// No deadline of the configuration is waited for.
constexpr auto end_within = 30s;

void play(Server& server, const std::string& route, const Held& row) {
    static unsigned count = 0;
    const std::string story = route + " route: cancelled in " + std::string{update::row(row.state).name};
    CAPTURE(story);
    Endpoint endpoint{server,
                      {{"routes", "[\"" + route + "\"]"},
                       {"trial.ready_timeout", R"("60s")"},
                       {"trial.ack_timeout", R"("60s")"}},
                      "c" + std::to_string(++count)};
    endpoint.start_watchdog();
    std::optional<Killer> thief;
    if (row.goes == Goes::without_a_backup)
        thief.emplace(endpoint, KillPoint{Who::watchdog, State::awaiting_ready, At::entry, Who::watchdog},
                      [&] { lose_backup(endpoint); });
    Killer holder{endpoint, {row.worker, row.state, At::entry, row.worker}, Killer::Holds::worker};
    const std::string id = offer(endpoint, row.goes);
    await(
        story + ": held", 30s, [&] { return holder.killed() != 0; }, [&] { return endpoint.logs(); });
    const auto begun = std::chrono::steady_clock::now();
    const Said answer = row.worker == Who::helper ? cancel_by_request(endpoint, id, holder)
                                                  : cancel_by_updatectl(endpoint, id, holder);
    CHECK_MESSAGE(answer.taken == row.refused.empty(), answer.text);
    CHECK_MESSAGE(contains(answer.text, row.refused.empty() ? "cancelling" : row.refused), answer.text);
    const Outcome end = endpoint.filed_end_of(id, end_within);
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    INFO(endpoint.logs());
    check_end(endpoint, row, end);
    if (row.ending != Ending::needs_repair) CHECK(endpoint.end_of(id) == end);
    std::cout << story << (answer.taken ? "" : " (refused)") << " -> " << name(end.ending) << " ("
              << name(end.reason) << ") after " << took.count() << " ms" << std::endl;
}

void await_new_version(const Endpoint& endpoint) {
    await(
        "the new version runs", 20s,
        [&] {
            const auto exe = "/proc/" + std::to_string(endpoint.pid_of(Who::agent)) + "/exe";
            return read_file(exe) == endpoint.installed("bin/agent");
        },
        [&] { return endpoint.logs(); });
}

bool killer_works() {
    static const std::string why = Killer::why_not();
    if (!why.empty()) MESSAGE("skipped: ", why);
    return why.empty();
}

void play_all(const std::string& route, const std::vector<std::vector<Held>>& parts) {
    if (!killer_works()) return;
    Server server;
    for (const auto& rows : parts)
        for (const Held& row : rows) play(server, route, row);
}

}  // namespace

TEST_CASE("an update is held and cancelled in every state of the table") {
    std::array<bool, state_count> held{};
    for (const auto& rows : {preparation(), application(Who::watchdog), repair(), self_exchange()})
        for (const Held& row : rows) held.at(static_cast<std::size_t>(row.state)) = true;
    for (const Row& row : rows()) CHECK_MESSAGE(held.at(static_cast<std::size_t>(row.state)), row.name);
}

TEST_CASE("cancelled while the agent prepares it, by the watchdog route, an update is abandoned") {
    play_all("watchdog", {preparation()});
}

TEST_CASE(
    "cancelled while it is applied by the watchdog route, an update turns back until it has proved itself") {
    play_all("watchdog", {application(Who::watchdog)});
}

TEST_CASE(
    "cancelled where the old version cannot be put back by the watchdog route, an update needs repair") {
    play_all("watchdog", {repair()});
}

TEST_CASE(
    "cancelled while a helper applies it by self-update, an update turns back until it has proved itself") {
    play_all("self-update", {application(Who::helper)});
}

TEST_CASE(
    "cancelled while it exchanges itself by exit code, an update turns back until it has proved itself") {
    play_all("exit-code", {self_exchange(), trial(Who::watchdog)});
}

TEST_CASE("cancelled while the new version is waited for, an update ends long before its deadline") {
    Server server;
    unsigned count = 0;
    for (const std::string route : {"watchdog", "self-update", "exit-code"})
        for (const State state : {State::awaiting_ready, State::awaiting_ack}) {
            const std::string story = route + " route: cancelled amid " + std::string{row(state).name};
            CAPTURE(story);
            Endpoint endpoint{server,
                              {{"routes", "[\"" + route + "\"]"},
                               {"trial.ready_timeout", R"("60s")"},
                               {"trial.ack_timeout", R"("60s")"}},
                              "w" + std::to_string(++count)};
            endpoint.start_watchdog();
            const std::string id = endpoint.offer_agent(
                "1.2.0", state == State::awaiting_ready ? "agent-1.2-hangs" : "agent-1.2-never-connects");
            endpoint.await_state(state);
            await_new_version(endpoint);
            const auto answer = Operator{endpoint}.run({"cancel"});
            CHECK_MESSAGE(answer.code == 0, answer.output);
            const Outcome end = endpoint.end_of(id, end_within);
            INFO(endpoint.logs());
            check_end(endpoint, turns_back(Who::agent, state), end);
        }
}
