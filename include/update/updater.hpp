// The agent's side: what a program links to become updatable. See examples/minimal-agent.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <update/exit_code.hpp>
#include <update/outcome.hpp>
#include <update/plan.hpp>
#include <update/selection.hpp>
#include <update/settings.hpp>

namespace update {

/// What the running program is. `version` must be compiled in, not read from a file that an update replaces.
struct Identity {
    std::string version;
    std::string
        build_id;  ///< unique per process start; the server tells late messages of an old process by it
};

/// Called on the updater's own threads, one at a time per hook; must not block and must not destroy the
/// Updater.
struct UpdaterHooks {
    /// End the process with this code soon (within seconds): AgentExit::restart after the exit-code route's
    /// swap.
    std::function<void(AgentExit)> leave = [](AgentExit) {};
    std::function<void(const std::string& update_id, std::string_view state, std::uint64_t bytes,
                       std::uint64_t total)>
        progress = [](const std::string&, std::string_view, std::uint64_t, std::uint64_t) {};
    std::function<void()> outcome_filed = [] {};  ///< `outcomes()` has a new entry
    std::function<void(std::string_view line)> log = [](std::string_view) {};
    /// Asked every few seconds in service mode: false keeps back the sign of life that the service manager
    /// waits for, so that it restarts a program whose real work hangs while this thread still runs.
    std::function<bool()> healthy = [] { return true; };
};

/// All functions may be called from any thread and return without waiting for an update, except `resume`.
class Updater {
 public:
    /// First in main, once the settings are known. A program started as update helper (its ordinary
    /// arguments, then
    /// `--update-helper ID`), or by the service manager's unit before a start (`--update-guard`) and when it
    /// gave the agent up (`--update-rescue`), does that job here; then main returns the code at once.
    static std::optional<int> run_as_helper(int argc, const char* const* argv, const Settings&);

    /// @return `refused` or `permission` when the state directory is not private to this account (cure in the
    /// message).
    static Result<std::unique_ptr<Updater>> open(Settings, Identity, UpdaterHooks);
    virtual ~Updater() = default;

    /// Before anything that can crash: finishes or undoes what an earlier run left half done. What the agent
    /// does beside its own work, such as a download, goes on in the background, however long it takes.
    /// @return a code when the process must end at once with it (AgentExit::restart); else go on.
    virtual std::optional<AgentExit> resume() = 0;

    /// The program does its work. Ends the first part of a trial.
    virtual void ready() = 0;
    /// The session to the server came up or broke. Any call counts as a sign of life.
    virtual void session(bool connected) = 0;
    /// The server authenticated this process.
    /// @param server_confirms   it is new enough to confirm updates
    /// @param update_confirmed  the update id that it has completed, or empty
    virtual void authenticated(bool server_confirms, const std::string& update_confirmed) = 0;

    /// Begins an update in the background: the signed release that is selected, when policy allows it. What
    /// is installed, from where and with which digest is what the publisher signed, whoever offers. A
    /// repeated offer of the same id is harmless.
    /// @return `refused` when it selects nothing; everything later is told by an outcome.
    virtual Status offer(const Selection&) = 0;
    /// Asks for the end of an update: before the hand-over it is abandoned, later it is rolled back.
    /// @return `not_found` when that update is not in progress; `refused` when it is too late: the new
    /// version has proved itself, or the update is on its way back already. The outcome tells how it ended.
    virtual Status cancel(const std::string& update_id) = 0;

    /// SHA-256 (hex) of each configured program as it is installed now, by install path. Reads the files.
    virtual std::map<std::string, std::string> installed() const = 0;
    /// Id of the update whose trial this process is, for the server's acknowledgement; empty otherwise.
    virtual std::string open_update() const = 0;
    /// Ends that the server has not confirmed yet, oldest first. Send them again on every connection.
    virtual std::vector<Outcome> outcomes() const = 0;
    virtual Status outcome_delivered(const std::string& update_id) = 0;
};

}  // namespace update
