// What the server remembers. Every change is committed, and durable, when its function returns success.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "database.hpp"
#include "session/messages.hpp"

namespace control {

struct AgentRow {
    std::string agent_id, version, build_id, artifacts_json;
    std::int64_t last_seen_unix_ms = 0;
    std::int64_t late_heartbeats =
        0;  ///< ignored, because they came from another process than the one that authenticated
};
struct UpdateRow {
    std::string update_id, agent_id, version;
    std::string selection_json;  ///< "" when adopted: the server never selected it
    std::string state;           ///< offered | in-progress | completed | ended
    std::string step;            ///< the agent's own word for where it is
    std::int64_t bytes = 0, total = 0;
    std::string outcome_json;  ///< "" until it came
    std::int64_t created_unix_ms = 0, changed_unix_ms = 0;
};
struct AlertRow {
    update::session::Alert alert;
    std::int64_t received_unix_ms = 0;
};

/// Thread-safe.
class Store {
 public:
    /// Opens or creates the database in `directory` and migrates it.
    static Result<std::unique_ptr<Store>> open(const std::string& directory);

    /// Enrols an agent, or gives it another key.
    Status enrol(const std::string& agent_id, const std::string& key);
    /// @return `permission` for an unknown agent and for a wrong key alike
    Status check_key(const std::string& agent_id, const std::string& key);
    /// Checks the key, notes what runs, and completes `auth.open_update` when the agent runs its target
    /// version.
    /// @return the id of the update that is now known to be complete, or ""; `permission` as above
    Result<std::string> admit(const update::session::Auth& auth);
    Status heartbeat(const std::string& agent_id, const std::string& version);
    Status late_heartbeat(const std::string& agent_id);
    Result<std::vector<AgentRow>> agents();

    /// @return the new update's id; `not_found` for an unknown agent
    Result<std::string> add_update(const std::string& agent_id, const std::string& version,
                                   const std::string& selection_json);
    /// The oldest update of the agent that is neither complete nor ended.
    Result<std::optional<UpdateRow>> open_update(const std::string& agent_id);
    Status progress(const std::string& agent_id, const update::session::ProgressReport&);
    /// Idempotent. A later outcome of the same update replaces the earlier one (an operator's roll-back after
    /// a commit).
    Status outcome(const std::string& agent_id, const std::string& update_id, const std::string& version,
                   const std::string& outcome_json);
    Result<std::vector<UpdateRow>> updates();  ///< the newest 1000, newest first

    Status alert(const update::session::Alert&);
    Result<std::vector<AlertRow>> alerts();  ///< the newest 1000, newest first

 private:
    explicit Store(Database database) : database_{std::move(database)} {}
    Status check_key_locked(const std::string& agent_id, const std::string& key);
    Result<std::string> complete_locked(const update::session::Auth& auth);
    Status adopt_locked(const std::string& agent_id, const std::string& update_id, const std::string& version,
                        const std::string& state);

    std::mutex mutex_;
    Database database_;
};

std::int64_t unix_ms_now();

}  // namespace control
