// Agent and companion of a set are exchanged, and whoever does it is killed between the two: seen from
// outside, no program of one version is ever started beside a running one of the other.
#include <csignal>
#include <fmt/format.h>
#include <iostream>

#include "../update/story.hpp"
#include "start_watch.hpp"
#include "support/killer.hpp"

using namespace update;
using namespace update::test;

namespace {

namespace fs = std::filesystem;
using Who = Endpoint::Who;

const std::string agent_path = "bin/agent", tray_path = "tray/tray";
const std::string companion =
    "[[programs]]\nname = \"tray\"\npath = \"tray/tray\"\narguments = [\"3600\"]\nstop_timeout = \"5s\"\n";

std::string tray_of(const std::string& build) { return read_file("/usr/bin/sleep") + build; }

enum class Goes { well, crashing, hanging };
std::string_view name(Goes goes) {
    static constexpr std::string_view names[] = {"good", "crashing", "hanging"};
    return names[static_cast<int>(goes)];
}
/// Where the kill comes.
enum class Blow {
    at_state,  ///< a KillPoint
    between,   ///< one program of the set is exchanged in this state, the other one not yet
    at_start,  ///< a program is about to run: whoever starts it dies
};

struct Case {
    std::string words;
    Goes goes = Goes::well;
    Blow blow = Blow::at_state;
    KillPoint point{Who::watchdog, State::swapping, At::entry, Who::watchdog};
    std::string program = tray_path;  ///< which is exchanged second, or about to run
    bool is_new = true;               ///< the version that is about to run
};

Case at(Goes goes, Who worker, State state, At when, Who victim) {
    const KillPoint point{worker, state, when, victim};
    return {.words = describe(point), .goes = goes, .point = point};
}
Case at(Goes goes, Who worker, State state, At when) { return at(goes, worker, state, when, worker); }
Case between(Goes goes, Who worker, State state, const std::string& second) {
    return {.words = fmt::format("killed in {} before the exchange of {}", row(state).name, second),
            .goes = goes,
            .blow = Blow::between,
            .point = {worker, state, At::entry, worker},
            .program = second};
}
Case at_start(Goes goes, const std::string& program, bool is_new) {
    return {.words = fmt::format("killed while it starts the {} {}", is_new ? "new" : "old", program),
            .goes = goes,
            .blow = Blow::at_start,
            .program = program,
            .is_new = is_new};
}

/// Kills a process at its next rename into a folder: strace's signal comes before the call has an effect.
class RenameKiller {
 public:
    RenameKiller(Endpoint& endpoint, pid_t victim, const fs::path& folder)
        : log_{endpoint.folder() / "strace"},
          strace_{
              {"/usr/bin/strace", "-f", "-p", std::to_string(victim), "-P", folder, "-e",
               "trace=renameat,renameat2,rename", "-e", "inject=renameat,renameat2,rename:signal=SIGKILL"},
              log_} {
        await(
            "strace has attached", 20s, [&] { return traced(victim); }, [&] { return read_file(log_); });
    }

    void await_blow() {
        await(
            "the kill at a rename", 30s, [&] { return !strace_.running(); }, [&] { return read_file(log_); });
        const std::string calls = read_file(log_);
        CHECK_MESSAGE(calls.find("killed by SIGKILL") != std::string::npos, calls);
        CHECK_MESSAGE(calls.find(") = 0") == std::string::npos, calls);  // none of them had an effect
    }

 private:
    static bool traced(pid_t pid) {
        unsigned threads = 0, traced = 0;
        for (const auto& task : fs::directory_iterator{fmt::format("/proc/{}/task", pid)}) {
            const std::string status = read_file(task.path() / "status");
            ++threads;
            traced += status.find("TracerPid:\t0\n") == std::string::npos;
        }
        return threads > 0 && traced == threads;
    }
    fs::path log_;
    Process strace_;
};

/// An endpoint whose agent has a companion, which an update exchanges with it.
struct World {
    World(Server& server, const std::string& route, Goes goes, const std::string& id)
        : endpoint{server,
                   {{"routes", "[\"" + route + "\"]"},
                    {"trial.ready_timeout", goes == Goes::hanging ? R"("2500ms")" : R"("12s")"},
                    {"trial.ack_timeout", R"("15s")"},
                    {"more_programs", companion}},
                   id} {
        endpoint.install(tray_path, tray_of("old"), 0755);
        endpoint.start_watchdog();
    }
    std::string offer(const Case& c) {
        const bool good = c.goes == Goes::well;
        const Item agent = agent_item(good                      ? "agent-1.1"
                                      : c.goes == Goes::hanging ? "agent-1.2-hangs"
                                                                : "agent-1.2-crashes");
        const Item tray{.role = Role::companion,
                        .install_path = tray_path,
                        .source = file_of(endpoint, "tray.new", tray_of("new")),
                        .self_test = false};
        const bool agent_is_second = c.blow == Blow::between && c.program == agent_path;
        return endpoint.offer(good ? "1.1.0" : "1.2.0", agent_is_second ? std::vector<Item>{tray, agent}
                                                                        : std::vector<Item>{agent, tray});
    }
    void check_end(const Case& c, const Outcome& end) {
        const bool good = c.goes == Goes::well;
        CHECK(name(end.ending) == name(good ? Ending::committed : Ending::rolled_back));
        endpoint.await_session_of(good ? "1.1.0" : "1.0.0");
        CHECK(endpoint.installed(agent_path) == read_file(built_version(good ? "agent-1.1" : "agent-1.0")));
        const std::string tray = tray_of(good ? "new" : "old");
        CHECK(endpoint.installed(tray_path) == tray);
        await(
            "the companion runs as the agent's version", 10s,
            [&] {
                const auto running = processes_with((endpoint.install_root() / tray_path).string());
                return running.size() == 1 &&
                       read_file(fmt::format("/proc/{}/exe", running.front().pid)) == tray;
            },
            [&] { return endpoint.logs(); });
        check_nothing_left(endpoint);
    }
    Endpoint endpoint;
};

struct Struck {
    std::string id;  ///< of the update
    pid_t dead = -1;
};

/// Offers the update, and has it struck.
Struck strike(World& world, const Case& c, const std::atomic<pid_t>& killed_starter) {
    Endpoint& endpoint = world.endpoint;
    const auto logs = [&] { return endpoint.logs(); };
    if (c.blow == Blow::at_start) {
        const std::string id = world.offer(c);
        await(
            c.words, 30s, [&] { return killed_starter != 0; }, logs);
        return {id, killed_starter};
    }
    if (c.blow == Blow::at_state) {
        Killer killer{endpoint, c.point};
        const std::string id = world.offer(c);
        await(
            c.words, 30s, [&] { return killer.killed() != 0; }, logs);
        return {id, killer.killed()};
    }
    Killer holder{endpoint, c.point, Killer::Holds::worker};
    const std::string id = world.offer(c);
    await(
        c.words + ": held", 30s, [&] { return holder.killed() != 0; }, logs);
    RenameKiller killer{endpoint, holder.killed(), (endpoint.install_root() / c.program).parent_path()};
    holder.release();
    killer.await_blow();
    return {id, holder.killed()};
}

void play(Server& server, const std::string& route, const Case& c) {
    static unsigned count = 0;
    const std::string story = route + " route, " + std::string{name(c.goes)} + " set: " + c.words;
    CAPTURE(story);
    World world{server, route, c.goes, "m" + std::to_string(++count)};
    Endpoint& endpoint = world.endpoint;
    std::atomic<pid_t> killed_starter = 0;
    const StartWatch watch{endpoint, {agent_path, tray_path}, [&](const Start& start) {
                               if (c.blow != Blow::at_start || killed_starter != 0) return;
                               if (start.program != c.program || start.is_new != c.is_new) return;
                               if (::kill(start.starter, SIGKILL) == 0) killed_starter = start.starter;
                           }};
    const Struck struck = strike(world, c, killed_starter);
    if (struck.dead == endpoint.watchdog().pid()) {
        CHECK(endpoint.watchdog().wait() == 128 + SIGKILL);
        endpoint.start_watchdog_only();
    }
    const Outcome end = endpoint.end_of(struck.id, 60s);
    INFO(endpoint.logs());
    CHECK(watch.mixed() == "");
    world.check_end(c, end);
    CHECK(watch.starts() >= 2);
    std::cout << story << " -> " << name(end.ending) << ", " << watch.starts() << " starts" << std::endl;
}

void play_all(const std::string& route, const std::vector<Case>& cases) {
    static const std::string why =
        fs::exists("/usr/bin/strace") ? Killer::why_not() : "strace is not installed";
    if (!why.empty()) {
        MESSAGE("skipped: ", why);
        return;
    }
    Server server;
    for (const Case& c : cases) play(server, route, c);
}

std::vector<Case> exchange(Who worker, State state) {
    return {between(Goes::well, worker, state, tray_path), between(Goes::well, worker, state, agent_path),
            at(Goes::well, worker, state, At::entry), at(Goes::well, worker, state, At::end)};
}

std::vector<Case> starts(Who worker) {
    return {at(Goes::well, worker, State::starting, At::entry), at_start(Goes::well, tray_path, true),
            at_start(Goes::well, agent_path, true), at(Goes::well, worker, State::starting, At::end),
            at(Goes::well, worker, State::awaiting_ready, At::entry)};
}

std::vector<Case> way_back(Who worker) {
    return {at(Goes::crashing, worker, State::stopping_trial, At::entry),
            at(Goes::crashing, worker, State::stopping_trial, At::end),
            between(Goes::crashing, worker, State::restoring, tray_path),
            between(Goes::crashing, worker, State::restoring, agent_path),
            at(Goes::crashing, worker, State::restoring, At::end),
            at(Goes::crashing, worker, State::restarting_old, At::entry),
            at_start(Goes::crashing, tray_path, false), at_start(Goes::crashing, agent_path, false),
            at(Goes::crashing, worker, State::watching_old, At::entry),
            // Here the new agent runs as well as its companion when the way back begins.
            at(Goes::hanging, worker, State::stopping_trial, At::entry),
            at(Goes::hanging, worker, State::stopping_trial, At::end),
            between(Goes::hanging, worker, State::restoring, tray_path)};
}

std::vector<Case> joined(std::initializer_list<std::vector<Case>> parts) {
    std::vector<Case> all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace

TEST_CASE("by the watchdog route, whose watchdog is killed, agent and companion are never mixed") {
    play_all("watchdog", joined({{at(Goes::well, Who::watchdog, State::stopping, At::entry),
                                  at(Goes::well, Who::watchdog, State::stopping, At::end)},
                                 exchange(Who::watchdog, State::swapping),
                                 starts(Who::watchdog),
                                 way_back(Who::watchdog)}));
}

TEST_CASE("by the watchdog route, whose agent is killed, agent and companion are never mixed") {
    play_all("watchdog", {at(Goes::well, Who::watchdog, State::verifying, At::entry, Who::agent),
                          at(Goes::well, Who::watchdog, State::awaiting_ready, At::entry, Who::agent),
                          at(Goes::well, Who::watchdog, State::awaiting_ack, At::entry, Who::agent)});
}

TEST_CASE("by self-update, whose helper is killed, agent and companion are never mixed") {
    play_all("self-update",
             joined({exchange(Who::helper, State::swapping), starts(Who::helper), way_back(Who::helper)}));
}

TEST_CASE("by exit code, whose agent is killed, agent and companion are never mixed") {
    play_all("exit-code", joined({exchange(Who::agent, State::self_swapping),
                                  {at(Goes::well, Who::agent, State::exiting, At::entry),
                                   at(Goes::well, Who::agent, State::exiting, At::end)}}));
}

TEST_CASE("by exit code, whose watchdog is killed, agent and companion are never mixed") {
    play_all("exit-code", joined({{at(Goes::well, Who::agent, State::self_swapping, At::entry, Who::watchdog),
                                   at(Goes::well, Who::watchdog, State::exiting, At::entry)},
                                  starts(Who::watchdog),
                                  way_back(Who::watchdog)}));
}
