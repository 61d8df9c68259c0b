// SQLite as values: SQL text and parameters in, rows out.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <update/result.hpp>

struct sqlite3;

namespace control {

using update::Error;
using update::ErrorCode;
using update::Result;
using update::Status;
using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Row = std::vector<Value>;

std::int64_t integer(const Value&);  ///< 0 for NULL
std::string text(const Value&);      ///< "" for NULL

/// One connection; the caller serialises its use. A commit is durable (WAL, synchronous=FULL). Locks the file
/// against a second server.
class Database {
 public:
    static Result<Database> open(const std::string& file);
    /// One statement. @return its rows; callers bound them with LIMIT.
    Result<std::vector<Row>> query(const std::string& sql, const std::vector<Value>& parameters = {});
    /// One statement without rows.
    Status execute(const std::string& sql, const std::vector<Value>& parameters = {});
    /// Any number of statements without parameters and rows.
    Status script(const std::string& sql);
    std::int64_t changed_rows() const;

 private:
    struct Closer {
        void operator()(sqlite3*) const;
    };
    explicit Database(sqlite3* handle) : handle_{handle} {}
    std::unique_ptr<sqlite3, Closer> handle_;
};

/// Rolls back unless committed.
class Transaction {
 public:
    explicit Transaction(Database& database)
        : database_{database}, begun_{database.script("BEGIN IMMEDIATE")} {}
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    const Status& begun() const { return begun_; }
    Status commit();

 private:
    Database& database_;
    Status begun_;
    bool open_ = true;
};

}  // namespace control
