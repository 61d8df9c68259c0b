#include "secrets.hpp"
#include "store.hpp"

namespace control {

Result<std::string> Store::add_update(const std::string& agent_id, const std::string& version,
                                      const std::string& selection_json) {
    const std::string update_id = "u-" + random_hex(8);
    const std::lock_guard lock{mutex_};
    UPDATE_CHECK(
        database_.execute(
            "INSERT INTO updates(agent_id, update_id, version, selection, state, created_at, changed_at) "
            "SELECT agent_id, ?2, ?3, ?4, 'offered', ?5, ?5 FROM agents WHERE agent_id = ?1",
            {agent_id, update_id, version, selection_json, unix_ms_now()}),
        "add update");
    if (database_.changed_rows() == 0) return Error{ErrorCode::not_found, "add update: unknown agent"};
    return update_id;
}

namespace {

constexpr const char* columns =
    "SELECT update_id, agent_id, version, selection, state, step, bytes, total, outcome, created_at, "
    "changed_at "
    "FROM updates ";

UpdateRow update_row(const Row& row) {
    return {text(row[0]),    text(row[1]),    text(row[2]), text(row[3]),    text(row[4]),    text(row[5]),
            integer(row[6]), integer(row[7]), text(row[8]), integer(row[9]), integer(row[10])};
}

}  // namespace

Result<std::optional<UpdateRow>> Store::open_update(const std::string& agent_id) {
    const std::lock_guard lock{mutex_};
    UPDATE_TRY(
        rows,
        database_.query(std::string{columns} + "WHERE agent_id = ?1 AND state IN ('offered', 'in-progress') "
                                               "AND selection IS NOT NULL ORDER BY number LIMIT 1",
                        {agent_id}),
        "open update");
    if (rows.empty()) return std::optional<UpdateRow>{};
    return std::optional{update_row(rows[0])};
}

// Inside of the caller's transaction. An update is complete when the agent that authenticates runs its target
// version.
Result<std::string> Store::complete_locked(const update::session::Auth& auth) {
    if (auth.open_update.empty()) return std::string{};
    UPDATE_TRY(
        rows,
        database_.query("SELECT version, state, coalesce(json_extract(outcome, '$.ending'), '') FROM updates "
                        "WHERE agent_id = ?1 AND update_id = ?2",
                        {auth.agent_id, auth.open_update}),
        "complete");
    if (rows.empty()) {
        UPDATE_CHECK(adopt_locked(auth.agent_id, auth.open_update, auth.version, "completed"), "complete");
        return auth.open_update;
    }
    const std::string state = text(rows[0][1]);
    if (text(rows[0][0]) != auth.version) return std::string{};
    if (state == "completed") return auth.open_update;
    // An update that was rolled back cannot be completed any more; that of a committed one is only repeated.
    if (state == "ended") return text(rows[0][2]) == "committed" ? auth.open_update : std::string{};
    UPDATE_CHECK(database_.execute("UPDATE updates SET state = 'completed', changed_at = ?3 "
                                   "WHERE agent_id = ?1 AND update_id = ?2",
                                   {auth.agent_id, auth.open_update, unix_ms_now()}),
                 "complete");
    return auth.open_update;
}

Status Store::adopt_locked(const std::string& agent_id, const std::string& update_id,
                           const std::string& version, const std::string& state) {
    UPDATE_CHECK(
        database_.execute("INSERT INTO updates(agent_id, update_id, version, state, created_at, changed_at) "
                          "VALUES(?1, ?2, ?3, ?4, ?5, ?5)",
                          {agent_id, update_id, version, state, unix_ms_now()}),
        "adopt");
    // The agent chooses these ids: keep its newest 100, so that it cannot fill the disk.
    return database_.execute(
        "DELETE FROM updates WHERE agent_id = ?1 AND selection IS NULL AND number NOT IN (SELECT number "
        "FROM updates WHERE agent_id = ?1 AND selection IS NULL ORDER BY number DESC LIMIT 100)",
        {agent_id});
}

Status Store::progress(const std::string& agent_id, const update::session::ProgressReport& report) {
    const auto clamp = [](std::uint64_t value) {
        return static_cast<std::int64_t>(value & 0x7fff'ffff'ffff'ffffu);
    };
    const std::lock_guard lock{mutex_};
    return database_.execute(
        "UPDATE updates SET state = 'in-progress', step = ?3, bytes = ?4, total = ?5, changed_at = ?6 "
        "WHERE agent_id = ?1 AND update_id = ?2 AND state IN ('offered', 'in-progress')",
        {agent_id, report.update_id, report.state, clamp(report.bytes), clamp(report.total), unix_ms_now()});
}

Status Store::outcome(const std::string& agent_id, const std::string& update_id, const std::string& version,
                      const std::string& outcome_json) {
    const std::lock_guard lock{mutex_};
    Transaction transaction{database_};
    UPDATE_CHECK(transaction.begun(), "outcome");
    UPDATE_TRY(rows,
               database_.query("SELECT 1 FROM updates WHERE agent_id = ?1 AND update_id = ?2",
                               {agent_id, update_id}),
               "outcome");
    if (rows.empty()) UPDATE_CHECK(adopt_locked(agent_id, update_id, version, "ended"), "outcome");
    UPDATE_CHECK(database_.execute("UPDATE updates SET state = 'ended', outcome = ?3, changed_at = ?4 "
                                   "WHERE agent_id = ?1 AND update_id = ?2 AND outcome IS NOT ?3",
                                   {agent_id, update_id, outcome_json, unix_ms_now()}),
                 "outcome");
    return transaction.commit();
}

Result<std::vector<UpdateRow>> Store::updates() {
    const std::lock_guard lock{mutex_};
    UPDATE_TRY(rows, database_.query(std::string{columns} + "ORDER BY number DESC LIMIT 1000"), "updates");
    std::vector<UpdateRow> updates;
    for (const Row& row : rows) updates.push_back(update_row(row));
    return updates;
}

}  // namespace control
