// Errors are values: what failed, on what, why, and how the caller may react.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace update {

/// One code per *reaction* a caller can have. New detail goes into the message or the evidence, not into new
/// codes.
enum class ErrorCode : std::uint8_t {
    retry_later,  ///< passing trouble (network, locked file, busy): the same call may succeed later
    not_found,    ///< the thing asked for does not exist: ask for another one or create it
    corrupt,      ///< bytes are not what was promised: delete them and fetch them again
    refused,      ///< a rule forbids it: do not repeat, show the reason
    no_space,     ///< a volume is full: free `Evidence::need_bytes`, then repeat
    permission,   ///< this process may not do it: change the account or the owner, then repeat
    unsupported,  ///< this machine, protocol version or file system cannot do it: take the other way
    cancelled,    ///< somebody asked to stop: end cleanly
    timed_out,    ///< a deadline passed: the effect may or may not have happened, look before repeating
    bug,          ///< the program itself is wrong: report it
};

/// Facts that a machine may read beside the message. Absent means unknown, never zero.
struct Evidence {
    std::optional<std::uint64_t> need_bytes;  ///< bytes that the operation needs on its volume
    std::optional<std::uint64_t> have_bytes;  ///< bytes that were free there
    std::optional<std::int64_t> locking_pid;  ///< process that holds the file or the lock
    std::optional<int> exit_code;             ///< how a program ended, if it exited by itself
    std::optional<int> signal;                ///< the signal that ended it otherwise
    bool operator==(const Evidence&) const = default;
};

class [[nodiscard]] Error {
 public:
    Error(ErrorCode code, std::string what, std::error_code os = {})
        : code_{code}, what_{std::move(what)}, os_{os} {}

    ErrorCode code() const noexcept { return code_; }
    std::error_code os() const noexcept { return os_; }
    const Evidence& evidence() const noexcept { return evidence_; }

    /// Adds one layer of context; the outermost layer is read first:
    /// "stage update 42: write agent.new: disk full (generic 28: No space left on device)".
    Error&& in(const std::string& context) && {
        what_ = context + ": " + what_;
        return std::move(*this);
    }
    Error&& with(Evidence evidence) && {
        evidence_ = evidence;
        return std::move(*this);
    }
    std::string message() const {
        if (!os_) return what_;
        return what_ + " (" + os_.category().name() + " " + std::to_string(os_.value()) + ": " +
               os_.message() + ")";
    }

 private:
    ErrorCode code_;
    std::string what_;
    std::error_code os_;
    Evidence evidence_;
};

/// Either a value or an Error. `std::expected` replaces the base once the toolchain floor is C++23.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
    using Base = tl::expected<T, Error>;
    Result(T value) : Base{std::move(value)} {}  // NOLINT(google-explicit-constructor)
    Result(Error error)
        : Base{tl::unexpected<Error>{std::move(error)}} {}  // NOLINT(google-explicit-constructor)
};

struct Done {
    bool operator==(const Done&) const = default;
};
using Status = Result<Done>;
inline Status done() { return Done{}; }

}  // namespace update

// The only control-flow macros. Both return the error to the caller with one layer of context added.
#define UPDATE_TRY(var, expr, context)                                         \
    auto var##_or_error = (expr);                                              \
    if (!var##_or_error) return std::move(var##_or_error).error().in(context); \
    auto& var = *var##_or_error
#define UPDATE_CHECK(expr, context) \
    if (auto update_status = (expr); !update_status) return std::move(update_status).error().in(context)
