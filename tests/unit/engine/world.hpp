// One endpoint around the real engine, the real journal and the real disk: programs, server and time are
// played. A crash is an exception out of a port, so that a process can die between any two effects.
#pragma once
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <optional>

#include "crypto/openssl_cryptography.hpp"
#include "crypto/openssl_hashing.hpp"
#include "engine/engine.hpp"
#include "faulty_files.hpp"
#include "os/locks.hpp"
#include "os/machine.hpp"
#include "support/manual_time.hpp"
#include "support/temp_folder.hpp"
#include "transfer/source_url.hpp"

namespace update::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Crash {};      ///< the working process was killed
struct AgentDied {};  ///< the agent, working on the update itself, ended by itself

enum class Behaviour { good, exits, hangs, wrong_version, unacknowledged, unloadable, old_server };
inline constexpr Behaviour every_behaviour[] = {Behaviour::good,           Behaviour::exits,
                                                Behaviour::hangs,          Behaviour::wrong_version,
                                                Behaviour::unacknowledged, Behaviour::unloadable};
inline std::string_view name(Behaviour b) {
    constexpr std::string_view names[] = {"good",           "exits",      "hangs",     "wrong version",
                                          "unacknowledged", "unloadable", "old server"};
    return names[static_cast<int>(b)];
}
inline const std::string old_version = "1.0", new_version = "2.0";

/// Thousands of small folders: in memory where the system has such a place.
inline fs::path fast_folder() {
    return fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
}

struct Running {
    std::int64_t pid = 0;
    std::string version;
    Instant since;
};

class World {
 public:
    explicit World(Route route, Behaviour new_one = Behaviour::good);

    // --- what a test looks at or changes
    TempFolder folder{fast_folder()};
    Settings settings;
    Layout layout;
    Machine machine{Machine::System::linux_os, this_machine().processor};  ///< the images are scripts
    ManualClock clock;
    Finger finger;
    FaultyFiles files{finger};
    Behaviour behaviour;
    Plan plan;
    std::optional<Running> agent;
    std::optional<ExitStatus> last_exit;
    bool started_on_request = false;  ///< an administrator's restart, says the service manager
    unsigned unreadable_looks = 0;    ///< so often the service manager does not tell how the agent is
    bool watchdog_there = false, server_up = true, connected = true, guard_there = false,
         helpers_refused = false, acknowledged = false;
    std::optional<Signal> intruder;  ///< delivered before anything else
    std::string unstartable;         ///< a companion without an executable
    std::vector<State> exchanges_prepared;
    bool exchange_is_refused = false;  ///< the service manager does not keep what completes it
    Http* http = nullptr;              ///< null: there is no network
    unsigned helpers_started = 0, agent_starts_of_new = 0, crashes = 0, waits = 0;
    std::vector<std::string> notes;
    std::vector<std::uint64_t> progress;            ///< of the set, in bytes, as the observer heard it
    std::array<unsigned, state_count> performed{};  ///< journal entries per state, as the observer saw them
    /// Called at every point where a process may die.
    std::function<void(std::string_view)> point = [](std::string_view) {};

    // --- actors
    template <class Work>
    std::invoke_result_t<Work&, Engine&> as(Actor actor, Work&& work);
    Result<Halt> begin() {
        return as(Actor::agent, [&](Engine& e) { return e.begin(plan); });
    }
    Result<Halt> resume(Actor actor, Entry entry) {
        return as(actor, [&](Engine& e) { return e.resume(entry); });
    }
    /// Offers the update and does what watchdog, supervisor and server would do, crash after crash, until the
    /// outcome is filed.
    void run_to_the_end();
    void start_agent();

    // --- what stands on the disk
    std::optional<Record> record() { return Journal{files, layout}.load().record; }
    State state() { return record()->progress.state; }
    std::string read(const Path& path) const;
    void write(const Path& path, const std::string& text) const;
    std::string live_version() const;
    std::vector<std::string> left_over() const;
    std::optional<Outcome> outcome() const;
    /// The promises that hold however an update ended.
    void check_end(const std::string& context);

 private:
    friend class PlayedServices;
    friend class PlayedChannel;
    std::string image(const std::string& version) const {
        return "#!/bin/sh\necho " + version + "\n" + std::string(2'000, '#');
    }
    void agent_turn();
    void helper_turn();
    void agent_of_exit_code_route();
    bool finished() {
        const auto r = record();
        return r && r->update_id == plan.update_id && r->filed;
    }

    std::unique_ptr<Locks> locks_ = make_locks();
    std::unique_ptr<Volumes> volumes_ = make_volumes();
    OpensslHashing hashing_;
    KnownRandom random_;
    std::int64_t last_pid_ = 100;
    bool helper_wanted_ = false, handed_to_watchdog_ = false, agent_is_fresh_ = true;
};

class PlayedServices : public Services {
 public:
    PlayedServices(World& world, Actor actor) : world_{world}, actor_{actor} {}
    Result<ServiceStatus> status(const std::string&) override {
        if (world_.unreadable_looks > 0) {
            --world_.unreadable_looks;
            return Error{ErrorCode::retry_later, "the bus is away"};
        }
        if (!world_.agent) return ServiceStatus{false, {}, world_.last_exit, false};
        return ServiceStatus{true, {world_.agent->pid, 1}, {}, false};
    }
    Status start(const std::string& program) override {
        world_.point("start");
        if (actor_ == Actor::agent || actor_ == Actor::guard) return Error{ErrorCode::refused, program};
        if (program == world_.unstartable) return Error{ErrorCode::not_found, "no such file"};
        if (!world_.agent) {
            if (world_.behaviour == Behaviour::unloadable && world_.live_version() == new_version)
                return Error{ErrorCode::not_found, "the loader cannot be found"};
            world_.start_agent();
        }
        world_.point("started");
        return done();
    }
    Status stop(const std::string& program) override {
        world_.point("stop");
        if (actor_ == Actor::agent) return Error{ErrorCode::refused, program};
        world_.agent.reset();
        world_.point("stopped");
        return done();
    }
    Result<std::vector<Finding>> check_restart_path(const std::string&) override {
        return std::vector<Finding>{{true, "played", ""}};
    }
    Result<bool> was_asked_to_start(const std::string&) override { return world_.started_on_request; }
    Status prepare_exchange(const std::string&) override {
        world_.exchanges_prepared.push_back(world_.state());
        return world_.exchange_is_refused ? Status{Error{ErrorCode::refused, "not kept"}} : done();
    }

 private:
    World& world_;
    const Actor actor_;
};

/// Signs of life come again to every new listener, as the agent's reporter sends them.
class PlayedChannel : public Channel {
 public:
    PlayedChannel(World& world, Actor actor) : world_{world}, actor_{actor} {}

    Signal wait(Instant deadline) override {
        world_.point("wait");
        if (++world_.waits > 20'000) throw std::runtime_error{"the engine waits for ever"};
        if (world_.intruder) return *std::exchange(world_.intruder, {});
        if (auto due = next(deadline)) return *due;
        world_.clock.time = std::max(world_.clock.time, deadline);
        return {};
    }
    Status ask_watchdog_to_update(const std::string&) override {
        if (auto there = ping_watchdog(); !there) return there;
        world_.handed_to_watchdog_ = true;
        return done();
    }
    Status ping_watchdog() override {
        return world_.watchdog_there ? done() : Status{Error{ErrorCode::not_found, "no watchdog"}};
    }

 private:
    struct Due {
        std::chrono::seconds after;
        Signal signal;
    };
    std::vector<Due> script() const {
        const bool up = world_.server_up;
        const std::string& id = world_.plan.update_id;
        if (world_.agent->version == old_version)
            return {{1s, {.kind = Signal::Kind::ready, .version = old_version, .connected = up}}};
        std::vector<Due> all{{2s, {.kind = Signal::Kind::ready, .version = new_version, .connected = up}}};
        switch (world_.behaviour) {
            case Behaviour::good:
                if (up)
                    all.push_back({3s,
                                   {.kind = Signal::Kind::acknowledged,
                                    .update_id = id,
                                    .version = new_version,
                                    .connected = true}});
                return all;
            case Behaviour::old_server:
                all.push_back(
                    {3s, {.kind = Signal::Kind::accepted, .version = new_version, .connected = true}});
                return all;
            case Behaviour::exits:
            case Behaviour::unloadable:
                return {{1s, {.kind = Signal::Kind::agent_exited}}};
            case Behaviour::hangs:
                return {};
            case Behaviour::wrong_version:
                return {{1s, {.kind = Signal::Kind::ready, .version = "9.9", .connected = true}}};
            case Behaviour::unacknowledged:
                return all;
        }
        return {};
    }
    std::optional<Signal> next(Instant deadline) {
        if (!world_.agent) return std::nullopt;
        if (pid_ != world_.agent->pid) told_ = 0;
        pid_ = world_.agent->pid;
        const auto all = script();
        if (told_ >= all.size()) return std::nullopt;
        const Instant at = world_.agent->since + all[told_].after;
        if (at > deadline) return std::nullopt;
        world_.clock.time = std::max(world_.clock.time, at);
        Signal signal = all[told_++].signal;
        signal.pid = pid_;
        if (signal.kind == Signal::Kind::acknowledged) world_.acknowledged = true;
        if (signal.kind == Signal::Kind::agent_exited) {
            world_.agent.reset();
            world_.last_exit = ExitStatus{false, 3};
            if (actor_ == Actor::agent) throw AgentDied{};
        }
        return signal;
    }

    World& world_;
    const Actor actor_;
    std::int64_t pid_ = 0;
    std::size_t told_ = 0;
};

class PlayedProcesses : public Processes {
 public:
    PlayedProcesses(World& world, bool& helper_wanted) : world_{world}, helper_wanted_{helper_wanted} {}
    Result<Ran> run(const Command& command) override {
        world_.point("run");
        const std::string text = world_.read(command.program);
        if (text.empty()) return Error{ErrorCode::not_found, "no such program"};
        return Ran{{false, 0}, false, text.substr(text.find("echo ") + 5, 3) + "\n"};
    }
    Result<ProcessId> break_away(const Command&, std::chrono::milliseconds) override {
        world_.point("break away");
        if (world_.helpers_refused) return Error{ErrorCode::refused, "may not break away"};
        helper_wanted_ = true;
        ++world_.helpers_started;
        return ProcessId{7, 1};
    }
    bool alive(const ProcessId&) override { return false; }
    ProcessId self() override { return {1, 1}; }

 private:
    World& world_;
    bool& helper_wanted_;
};

class NoProbes : public Probes {
    Status look(const Probe&) override { return Error{ErrorCode::unsupported, "not played"}; }
};
class NoHttp : public Http {
    Result<HttpHead> get(const HttpRequest&, HttpSink&) override {
        return Error{ErrorCode::retry_later, "no network here"};
    }
};
/// Who vouches for a plan is another test's business.
class Trusting : public Verifier {
    Status vouch(const Plan&, Expiry) override { return done(); }
};
class GoodRenewal : public Renewal {
    Status renew_watchdog(std::chrono::milliseconds) override { return done(); }
};

template <class Work>
std::invoke_result_t<Work&, Engine&> World::as(Actor actor, Work&& work) {
    PlayedServices services{*this, actor};
    PlayedChannel channel{*this, actor};
    PlayedProcesses processes{*this, helper_wanted_};
    NoProbes probes;
    NoHttp no_http;
    Http& network = http != nullptr ? *http : no_http;
    GoodRenewal renewal;
    OpensslCryptography cryptography;
    Trusting verifier;
    const Ports ports{clock,    files,   *volumes_, *locks_, hashing_, network,      processes,
                      services, channel, probes,    random_, renewal,  cryptography, verifier};
    Observer observer;
    observer.note = [this](const Record& r, std::string_view note) {
        notes.emplace_back(note);
        if (note == row(r.progress.state).name) ++performed[static_cast<std::size_t>(r.progress.state)];
    };
    observer.progress = [this](const Record&, std::uint64_t bytes, std::uint64_t) {
        progress.push_back(bytes);
    };
    observer.connected = [this] { return connected; };
    Engine engine{settings, layout, ports, machine, actor, std::move(observer)};
    return work(engine);
}

}  // namespace update::test
