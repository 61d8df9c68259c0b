// What an operator may know and change about one endpoint, apart from how it is shown. One thread per object.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <update/exit_code.hpp>
#include <update/outcome.hpp>
#include <update/settings.hpp>

#include "compose/adapters.hpp"
#include "ipc/message.hpp"
#include "journal/record.hpp"

namespace update {

class EventLoop;

/// How an operation went: the exit code of the program, and a message for people that says on what it failed
/// and what to do.
struct Said {
    ControlExit exit = ControlExit::ok;
    std::string message;
};
Said said(const Error&);
ControlExit exit_for(const Outcome&);
/// "ok", "rolled-back", ...: stable words beside the numbers.
std::string_view name(ControlExit);

/// One line of history.jsonl.
struct HistoryEntry {
    std::int64_t unix_ms = 0;
    std::string update_id, state, event, note;
};

struct StatusReport {
    std::string json;    ///< see compose/status.hpp
    std::string caveat;  ///< why it comes from the journal instead of the watchdog; empty otherwise
};

class Control {
 public:
    /// Creates and changes nothing on disk.
    static Result<std::unique_ptr<Control>> open(const Settings&);
    ~Control();

    Adapters& adapters() { return *adapters_; }
    Services& services() { return *services_; }
    const Settings& settings() const { return adapters_->settings(); }
    const Layout& layout() const { return adapters_->layout(); }

    /// May this account read what lies in the state directory? One that does not exist yet is fine.
    /// @return `permission` with the cure
    Status readable();
    /// The reply, also when it says no.
    /// @return the errors of os/ipc_client.hpp; `not_found` when no watchdog runs
    Result<ipc::Reply> ask_watchdog(const ipc::Request&);
    /// As above, with the operator's view: unreachable, or what the watchdog said.
    Said tell_watchdog(const ipc::Request&);
    bool watchdog_answers();

    /// By the watchdog, else from the journal.
    /// @return the trouble when neither works
    Result<StatusReport> status();
    std::optional<Record> record() const;
    /// The update that has begun and not ended.
    std::optional<Record> open_update() const;
    /// Does a process hold the journal lock just now?
    bool somebody_works();
    /// Oldest first; lines that cannot be read are left out. None: no history.
    std::vector<HistoryEntry> history() const;
    /// What the agent wrote at its start, else what the last update led to; empty: unknown.
    std::string running_version() const;

 private:
    explicit Control(std::unique_ptr<Adapters>);

    std::unique_ptr<Adapters> adapters_;
    std::unique_ptr<EventLoop> loop_;
    std::unique_ptr<Services> services_;
};

}  // namespace update
