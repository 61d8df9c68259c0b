#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "schema.hpp"
#include "secrets.hpp"
#include "store.hpp"

namespace control {

std::int64_t unix_ms_now() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Result<std::unique_ptr<Store>> Store::open(const std::string& directory) {
    std::error_code failed;  // the program's umask makes it private
    std::filesystem::create_directories(directory, failed);
    if (failed) return Error{ErrorCode::permission, "state directory " + directory, failed};
    UPDATE_TRY(database, Database::open(directory + "/control.sqlite"), "state");
    UPDATE_CHECK(migrate(database), "state");
    return std::unique_ptr<Store>{new Store{std::move(database)}};
}

// Keys are random texts made for machines, so a salted SHA-256 suffices: there is nothing to guess that a
// slow password hash would have to protect, and a slow hash would let anybody keep the server busy.
Status Store::enrol(const std::string& agent_id, const std::string& key) {
    const std::string salt = random_hex(16);
    const std::lock_guard lock{mutex_};
    UPDATE_CHECK(database_.execute(
                     "INSERT INTO agents(agent_id, key_salt, key_hash, enrolled_at) VALUES(?1, ?2, ?3, ?4) "
                     "ON CONFLICT(agent_id) DO UPDATE SET key_salt = ?2, key_hash = ?3",
                     {agent_id, salt, sha256_hex(salt, key), unix_ms_now()}),
                 "enrol");
    return update::done();
}

Status Store::check_key_locked(const std::string& agent_id, const std::string& key) {
    UPDATE_TRY(rows, database_.query("SELECT key_salt, key_hash FROM agents WHERE agent_id = ?1", {agent_id}),
               "check key");
    // The same work for an unknown agent, so that the time does not tell which agents exist.
    const std::string salt = rows.empty() ? "none" : text(rows[0][0]);
    const std::string hash = rows.empty() ? std::string(64, '-') : text(rows[0][1]);
    if (!equal_in_constant_time(sha256_hex(salt, key), hash))
        return Error{ErrorCode::permission, "unknown agent or wrong key"};
    return update::done();
}

Status Store::check_key(const std::string& agent_id, const std::string& key) {
    const std::lock_guard lock{mutex_};
    return check_key_locked(agent_id, key);
}

Result<std::string> Store::admit(const update::session::Auth& auth) {
    const std::lock_guard lock{mutex_};
    UPDATE_CHECK(check_key_locked(auth.agent_id, auth.key.reveal()), "admit");
    Transaction transaction{database_};
    UPDATE_CHECK(transaction.begun(), "admit");
    const std::string artifacts =
        nlohmann::json(auth.artifacts).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    UPDATE_CHECK(
        database_.execute("UPDATE agents SET version = ?2, build_id = ?3, artifacts = ?4, last_seen = ?5 "
                          "WHERE agent_id = ?1",
                          {auth.agent_id, auth.version, auth.build_id,
                           auth.artifacts.empty() ? "{}" : artifacts, unix_ms_now()}),
        "admit");
    UPDATE_TRY(confirmed, complete_locked(auth), "admit");
    UPDATE_CHECK(transaction.commit(), "admit");
    return std::move(confirmed);
}

Status Store::heartbeat(const std::string& agent_id, const std::string& version) {
    const std::lock_guard lock{mutex_};
    UPDATE_CHECK(database_.execute("UPDATE agents SET last_seen = ?2, version = ?3 WHERE agent_id = ?1",
                                   {agent_id, unix_ms_now(), version}),
                 "heartbeat");
    return update::done();
}

Status Store::late_heartbeat(const std::string& agent_id) {
    const std::lock_guard lock{mutex_};
    UPDATE_CHECK(
        database_.execute("UPDATE agents SET late_heartbeats = late_heartbeats + 1 WHERE agent_id = ?1",
                          {agent_id}),
        "late heartbeat");
    return update::done();
}

Result<std::vector<AgentRow>> Store::agents() {
    const std::lock_guard lock{mutex_};
    UPDATE_TRY(rows,
               database_.query(
                   "SELECT agent_id, version, build_id, artifacts, last_seen, late_heartbeats FROM agents "
                   "ORDER BY agent_id LIMIT 10000"),
               "agents");
    std::vector<AgentRow> agents;
    for (const Row& row : rows)
        agents.push_back(
            {text(row[0]), text(row[1]), text(row[2]), text(row[3]), integer(row[4]), integer(row[5])});
    return agents;
}

/// One whose answer was lost comes again, and so does the end of an update, which is told until it is
/// confirmed.
Status Store::alert(const update::session::Alert& alert) {
    const std::lock_guard lock{mutex_};
    UPDATE_CHECK(
        database_.execute("INSERT INTO alerts(agent_id, kind, message, at, received_at) SELECT ?1, ?2, ?3, "
                          "?4, ?5 WHERE NOT "
                          "EXISTS(SELECT 1 FROM alerts WHERE agent_id = ?1 AND kind = ?2 AND message = ?3 "
                          "AND (at = ?4 OR kind = 'update-ended'))",
                          {alert.agent_id, alert.kind, alert.message, alert.at_unix_ms, unix_ms_now()}),
        "alert");
    UPDATE_CHECK(
        database_.execute("DELETE FROM alerts WHERE number <= (SELECT max(number) FROM alerts) - 10000"),
        "alert");
    return update::done();
}

Result<std::vector<AlertRow>> Store::alerts() {
    const std::lock_guard lock{mutex_};
    UPDATE_TRY(
        rows,
        database_.query(
            "SELECT agent_id, kind, message, at, received_at FROM alerts ORDER BY number DESC LIMIT 1000"),
        "alerts");
    std::vector<AlertRow> alerts;
    for (const Row& row : rows)
        alerts.push_back({{text(row[0]), text(row[1]), text(row[2]), integer(row[3])}, integer(row[4])});
    return alerts;
}

}  // namespace control
