// One endpoint with its disk, programs, service manager, network and server, in virtual time. Everything in
// it follows from scenario, seed and faults. One thread.
#pragma once
#include <queue>

#include "engine/engine.hpp"
#include "sim/disk.hpp"
#include "sim/fault.hpp"
#include "sim/ghost.hpp"
#include "sim/process.hpp"
#include "sim/scenario.hpp"
#include "sim/server.hpp"
#include "sim/troubles.hpp"

namespace update::sim {

/// What a port call does, for the faults that can befall it.
enum class Op : std::uint8_t { write, create, rename, remove, flush, other };

struct Event {
    enum class Kind : std::uint8_t {
        start_service,
        guard_then_start,
        sign,
        ready,
        misconduct,
        connect,
        auth_arrives,
        auth_answered,
        heartbeat,
        outcomes_arrive,
        outcomes_answered,
        release_agent,
        begin_by_operator,
        wake_all,
    } kind;
    std::int64_t pid = 0;
    unsigned session = 0;
    std::string text{};
    std::vector<Outcome> outcomes{};
};

class World {
 public:
    World(const Scenario&, Platform, std::uint64_t seed, Faults, bool with_trail);
    ~World();

    /// To the end of all updates and the settling after it, or to the first broken promise.
    void run();

    // --- for the ports and actors
    const Scenario& scenario;
    const Platform platform;
    const Settings& settings;
    const Layout layout;
    /// What is looked up at every turn, as the disk names it.
    struct Places {
        std::array<std::string, 2> journal;
        std::string outcomes, cancel_request, roll_back_request;
        std::vector<std::string> installed;  ///< per artifact of the scenario's plan
    };
    const Places places;
    const Machine machine{};
    Disk disk;
    Server server;
    Ghost ghost;
    Dice dice;

    /// Where a process may die, and where everything else may happen. Throws Killed.
    /// @return what the operation fails with instead
    Status point(Process&, Op, const std::string& what, const std::string& path = {});
    bool strikes_next() const {
        return next_fault_ < faults_.size() && faults_[next_fault_].at <= points + 1;
    }
    /// Faults of reading, which are no points: nothing changes between them and the next point.
    Status reading(Process&);
    /// Until `until`, or until somebody pokes it. Throws Killed.
    void block(Process&, Instant until);
    void poke(Process& p) { p.wake = now; }
    /// The process does something that takes time and does not listen.
    void spend(Process&, std::chrono::microseconds);

    Result<Process*> exec(const std::string& path, Program, std::string argument);
    void start_fiber(Process&);
    void end(Process&, ExitStatus);
    Process* find(std::int64_t pid);
    Process* running(const std::string& service);
    Process* watchdog();
    std::vector<std::unique_ptr<Process>>& processes() { return processes_; }

    void at(Instant, Event);
    void sign(Process& agent);
    void tell_desks(Process& agent);
    void send_outcomes(Process& agent);
    /// By the service manager itself: at boot, and again when it ended.
    void start_later(const std::string& service, AwakeClock::duration);
    /// @param asked  by somebody, who does not wait for a start that the service manager plans
    void manager_start(const std::string& service, bool asked);
    bool connected_to_server();
    bool disk_is_bad() const;
    /// Since when the machine has been well. The network and the server are not part of it: nobody needs them
    /// to have an agent.
    Instant calm_since() const { return calm_since_; }
    bool meets(FaultKind kind) { return troubles.meets(kind, now); }
    bool takes(FaultKind);
    void tell(std::string_view who, std::string_view what);
    void note_state(const Record&, std::string_view note);

    std::int64_t to_awake(Instant) const;
    Clock& clock() { return *clock_; }
    /// The disk for those who only look, and whom no fault befalls.
    Files& nobody() { return *nobody_; }
    /// The newest journal record, for those who only look. Good until something runs.
    const std::optional<Record>& record();

    Instant now{};
    Instant boot_at{};
    std::int64_t wall_us = 1'700'000'000'000'000;  ///< at `now` = 0
    unsigned boots = 0;
    std::map<std::string, std::int64_t> locks;
    struct Service {
        std::optional<ExitStatus> last_exit;
        bool held = false;
        bool for_good = false;            ///< nobody releases it but a boot
        bool disabled = false;            ///< nor that
        bool stopped_by_applier = false;  ///< through the service manager, which restarts it no more
        std::optional<Instant> start_at;  ///< by the service manager
        unsigned starts = 0;
        std::deque<Instant> started_lately;  ///< as a start limit counts them
    };
    std::map<std::string, Service> services;
    std::vector<std::string> root_services;  ///< what the service manager starts at boot

    Troubles troubles;
    milliseconds ack_delay{0};         ///< of the next late answer
    bool back_promised = false;        ///< by the watchdog: the kept version, when no update was under way
    bool all_mirrors_are_old = false;  ///< while `old_mirror` lasts
    std::string newest_file;           ///< for the virus scanner
    /// Windows: a name -> what the system is to put there at its next start, unless the name is taken then.
    std::map<std::string, std::string> put_back_at_boot;
    bool guard_comes_first = false;  ///< the SCM answers the agent's first failure with the guard, too

    // --- what is read afterwards
    unsigned points = 0, struck = 0;
    std::vector<std::string> trail;
    bool ended_well = false;

 private:
    void boot();
    milliseconds order_at_boot();
    bool take_away(const std::string& path);
    bool take_away_installed();
    bool settled();
    bool settled_without_agent();
    bool is_watched() const { return scenario.keeper == Keeper::watchdog || scenario.keeper == Keeper::both; }
    bool somebody_passes() const;
    void strike(Process&, Op, const Fault&);
    bool befall(Process&, Op, const Fault&);
    bool hold_agent(std::uint32_t how);
    bool break_sessions();
    void trouble_until(FaultKind, Instant end);
    void power_off();
    void dispatch(Event&);
    void session_broke(Process& agent);
    bool resume_somebody();
    bool advance();
    void reap();
    void supervise_exit(Process&, const ExitStatus&);
    bool gives_up(Service&);
    void restart(bool asked, const std::string& service, bool again);
    void misconduct(Process&);

    struct Timed {
        Instant at;
        std::uint64_t number;
        std::shared_ptr<Event> event;
        bool operator>(const Timed& o) const { return at != o.at ? at > o.at : number > o.number; }
    };
    std::priority_queue<Timed, std::vector<Timed>, std::greater<>> events_;
    std::uint64_t event_number_ = 0;
    std::vector<std::unique_ptr<Process>> processes_;
    Faults faults_;
    std::size_t next_fault_ = 0;
    Instant faults_end_{}, calm_since_{}, outage_end_{};
    const AwakeClock::duration end_bound_;
    std::int64_t last_pid_ = 100;
    Process* current_ = nullptr;
    struct Failures {
        unsigned count = 0;
        Instant last{};
    };
    std::map<std::string, Failures> failures_;  ///< as the service manager counts them
    std::unique_ptr<Files> nobody_;
    Journal journal_;
    struct Slot {
        std::uint64_t file = 0;
        std::int64_t changes = 0;
        bool operator==(const Slot&) const = default;
    };
    std::optional<std::array<Slot, 2>> seen_slots_;  ///< none: look again
    std::optional<Record> seen_record_;
    std::unique_ptr<Clock> clock_;
    const bool with_trail_;
    bool off_ = false;
};

}  // namespace update::sim
