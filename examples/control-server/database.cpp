#include "database.hpp"

#include <sqlite3.h>

namespace control {
namespace {

ErrorCode code_of(int sqlite_code) {
    switch (sqlite_code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::retry_later;
        case SQLITE_FULL:
            return ErrorCode::no_space;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::corrupt;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
            return ErrorCode::permission;
        default:
            return ErrorCode::bug;
    }
}

Error error_of(sqlite3* handle) {
    return Error{code_of(sqlite3_extended_errcode(handle)),
                 std::string{"database: "} + sqlite3_errmsg(handle)};
}

using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

int bind(sqlite3_stmt* statement, int index, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value))
        return sqlite3_bind_int64(statement, index, *number);
    if (const auto* words = std::get_if<std::string>(&value))
        return sqlite3_bind_text64(statement, index, words->data(), words->size(), SQLITE_TRANSIENT,
                                   SQLITE_UTF8);
    return sqlite3_bind_null(statement, index);
}

Value column(sqlite3_stmt* statement, int index) {
    switch (sqlite3_column_type(statement, index)) {
        case SQLITE_NULL:
            return {};
        case SQLITE_INTEGER:
            return std::int64_t{sqlite3_column_int64(statement, index)};
        default: {
            const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
            return std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, index)));
        }
    }
}

}  // namespace

std::int64_t integer(const Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr ? *number : 0;
}
std::string text(const Value& value) {
    const auto* words = std::get_if<std::string>(&value);
    return words != nullptr ? *words : std::string{};
}

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::open(const std::string& file) {
    sqlite3* handle = nullptr;
    const int opened =
        sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    Database database{handle};
    if (opened != SQLITE_OK) return error_of(handle).in(file);
    sqlite3_busy_timeout(handle, 5'000);
    UPDATE_CHECK(
        database.script("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "PRAGMA foreign_keys=ON;"),
        file);
    return database;
}

Result<std::vector<Row>> Database::query(const std::string& sql, const std::vector<Value>& parameters) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK)
        return error_of(handle_.get());
    const Statement statement{raw, sqlite3_finalize};
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (bind(raw, static_cast<int>(i) + 1, parameters[i]) != SQLITE_OK) return error_of(handle_.get());
    std::vector<Row> rows;
    int step = sqlite3_step(raw);
    for (; step == SQLITE_ROW; step = sqlite3_step(raw)) {
        Row& row = rows.emplace_back();
        for (int i = 0; i < sqlite3_column_count(raw); ++i) row.push_back(column(raw, i));
    }
    if (step != SQLITE_DONE) return error_of(handle_.get());
    return rows;
}

Status Database::execute(const std::string& sql, const std::vector<Value>& parameters) {
    auto rows = query(sql, parameters);
    return rows ? update::done() : Status{std::move(rows).error()};
}

Status Database::script(const std::string& sql) {
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return error_of(handle_.get());
    return update::done();
}

std::int64_t Database::changed_rows() const { return sqlite3_changes64(handle_.get()); }

Transaction::~Transaction() {
    // A rollback that fails leaves nothing behind either: SQLite has rolled back itself.
    if (open_ && begun_) (void)database_.script("ROLLBACK");
}

Status Transaction::commit() {
    UPDATE_CHECK(database_.script("COMMIT"), "commit");
    open_ = false;
    return update::done();
}

}  // namespace control
