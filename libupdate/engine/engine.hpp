// load -> resume -> [decide -> journal -> step]*
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <update/selection.hpp>

#include "engine/authority.hpp"
#include "journal/history.hpp"
#include "journal/journal.hpp"
#include "policy/memory.hpp"
#include "steps/step.hpp"

namespace update {

/// Why the engine returned to its caller.
enum class Halt : std::uint8_t {
    idle,              ///< nothing is in progress
    ended,             ///< the update ended; see Engine::record
    not_mine,          ///< somebody else has to go on (hand-over, or this actor may not act)
    busy,              ///< another process holds the journal lock and works
    exit_for_restart,  ///< the caller must end its process with AgentExit::restart; the journal knows
    interrupted,       ///< the channel said that this process has to end; the journal knows where to go on
    would_wait,        ///< the next state waits or takes long: call `go_on` from a thread that may block
};

/// How the caller comes to an update that is in progress.
enum class Entry : std::uint8_t {
    after_crash,    ///< a peer, or an earlier process of this kind, may have died in the journaled state:
                    ///< counted
    fresh_process,  ///< as above, at the very start of the agent or in the guard
    hand_over,      ///< it was given to this process just now: nothing died
};

/// What the engine tells its owner while it works. Called on the engine's thread.
struct Observer {
    std::function<void(const Record&, std::string_view note)> note = [](const Record&, std::string_view) {};
    std::function<void(const Record&, std::uint64_t bytes, std::uint64_t total)> progress =
        [](const Record&, std::uint64_t, std::uint64_t) {};
    std::function<bool()> connected = [] { return false; };  ///< does the session to the server stand?
};

/// One engine per process and update folder; one thread at a time. Everything it knows is on disk, so that
/// any actor can go on where another was killed.
class Engine {
 public:
    Engine(const Settings&, const Layout&, const Ports&, const Machine&, Actor, Observer);
    ~Engine();

    /// Starts the update to a signed release: refreshes what is trusted, and makes the plan from it. A
    /// selection whose id has ended before is `ended` at once (a repeated offer).
    /// @return `refused` by policy or for want of trust (filed as an outcome, too), or because another update
    /// is
    ///         in progress, `retry_later` (locked, or it is not the time), or why the state directory cannot
    ///         be used. The update itself never fails with an error: it ends with an outcome.
    Result<Halt> begin(const Selection&, const std::string& running_version);
    /// The same for what needs no release: the kept previous version, and an operator's own files where
    /// `trust.mode` allows them.
    Result<Halt> begin(const Plan&);

    /// Goes on with what the journal says. Call at the very start of a process, and whenever a peer may have
    /// died. Cheap when nothing is in progress.
    /// @param stop_before_work  return `would_wait` instead of blocking in a waiting state, or in one that an
    /// agent works in beside its own work (a download); the lock is kept
    Result<Halt> resume(Entry, bool stop_before_work = false);
    /// After `would_wait`.
    Result<Halt> go_on();

    /// Removes what is left of an update, or of a wish for one, whose process died before the journal knew of
    /// it. For the watchdog, at its start. @return `retry_later` while somebody works on an update
    Status tidy();

    /// For an agent whose applier died: finds another one for the update in progress (watchdog, then helper).
    Status find_applier();
    /// For an agent at its start: its own files are half old and half new, and somebody goes on with them. It
    /// must end with AgentExit::restart instead of working.
    bool must_make_way(Halt);

    /// The newest journal record; readable without the lock, so possibly outdated the next moment.
    std::optional<Record> record() const;

 private:
    struct Work;
    Status prepare_folders();
    Result<std::unique_ptr<Lock>> lock();
    Result<Halt> run(bool stop_before_work);
    Event perform(Work&);
    std::optional<Halt> leave_instead(Work&);
    void move(Work&, Event);
    void file_outcome(Work&);
    bool close_again(Work&);
    bool finish_exchange();
    void store_or_turn_back(Work&, Event);
    static bool is_about_a_restart(const Work&);
    bool cancel_wanted(const Work&);
    bool was_asked_to_start();
    Event what_happened(bool trial_ended, bool start_was_counted);
    void file_again(const Record&);
    std::optional<Halt> answer_repeated(const std::string& update_id, const std::optional<Record>& last);
    struct Opening;
    Result<Opening> open(const std::string& update_id);
    Result<std::optional<Halt>> clear_the_way(const std::string& update_id);
    Result<Halt> start(std::unique_ptr<Lock>, const Plan&, PolicyMemory, const std::string& vouchers);
    Status keep(const Plan&, const std::string& vouchers);
    Result<std::unique_ptr<Work>> open_work(Record, std::unique_ptr<Lock>);
    Job job_for(Work&);
    Error refuse(const Selection&, const std::string& from_version, const Error& why);
    void sweep(const std::string& keep_update_id);

    const Settings& settings_;
    const Layout& layout_;
    const Ports& ports_;
    const Machine& machine_;
    const Actor actor_;
    Observer observer_;
    Journal journal_;
    History history_;
    std::unique_ptr<Work> work_;
};

}  // namespace update
