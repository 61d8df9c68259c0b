#include "schema.hpp"

#include <fmt/format.h>
#include <iterator>

namespace control {
namespace {

// Steps are only ever appended: the number of steps applied is the file's user_version.
constexpr const char* steps[] = {
    R"(
CREATE TABLE agents(
  agent_id TEXT PRIMARY KEY,
  key_salt TEXT NOT NULL,
  key_hash TEXT NOT NULL,            -- hex SHA-256 of salt and key
  version TEXT NOT NULL DEFAULT '',
  build_id TEXT NOT NULL DEFAULT '',
  artifacts TEXT NOT NULL DEFAULT '{}',
  enrolled_at INTEGER NOT NULL,      -- all times: unix, milliseconds
  last_seen INTEGER NOT NULL DEFAULT 0,
  late_heartbeats INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE updates(
  number INTEGER PRIMARY KEY AUTOINCREMENT,   -- the order in which they are offered
  agent_id TEXT NOT NULL REFERENCES agents(agent_id),
  update_id TEXT NOT NULL,
  version TEXT NOT NULL,
  plan TEXT,                         -- NULL: adopted, the server never had the plan
  state TEXT NOT NULL CHECK(state IN ('offered', 'in-progress', 'completed', 'ended')),
  step TEXT NOT NULL DEFAULT '',
  bytes INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  outcome TEXT,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  UNIQUE(agent_id, update_id)        -- an agent names its local updates itself: ids are unique per agent only
);
CREATE INDEX open_updates ON updates(agent_id, number) WHERE state IN ('offered', 'in-progress');
CREATE TABLE alerts(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  agent_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  at INTEGER NOT NULL,
  received_at INTEGER NOT NULL
);
)",
    // What is offered selects a signed release; a plan from before names product and version, too.
    "ALTER TABLE updates RENAME COLUMN plan TO selection;",
};

}  // namespace

Status migrate(Database& database) {
    UPDATE_TRY(rows, database.query("PRAGMA user_version"), "migrate");
    const std::int64_t applied = rows.empty() ? 0 : integer(rows[0][0]);
    const auto known = static_cast<std::int64_t>(std::size(steps));
    if (applied > known)
        return Error{ErrorCode::unsupported,
                     fmt::format("the database has version {}, this program knows {}: use a newer program",
                                 applied, known)};
    for (std::int64_t i = applied; i < known; ++i) {
        Transaction transaction{database};
        UPDATE_CHECK(transaction.begun(), "migrate");
        UPDATE_CHECK(database.script(steps[i]), fmt::format("migrate to version {}", i + 1));
        UPDATE_CHECK(database.script(fmt::format("PRAGMA user_version={}", i + 1)), "migrate");
        UPDATE_CHECK(transaction.commit(), "migrate");
    }
    return update::done();
}

}  // namespace control
