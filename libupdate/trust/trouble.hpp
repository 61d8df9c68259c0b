// Why metadata is not usable, told apart because an operator reacts differently.
#pragma once
#include <string>
#include <system_error>

#include <update/result.hpp>

namespace update::trust {

enum class Trouble : std::uint8_t {
    none,
    unreachable,    ///< nobody answered, or not with a file: try again later
    stale_mirror,   ///< older than what is known, or incomplete: back off, try another mirror
    expired,        ///< nobody vouches for it any more: the publisher must sign again
    clock_suspect,  ///< it looks expired, but this machine's clock is what is wrong
    rollback,       ///< signed, but contradicts newer signed facts: report it
    tampered,       ///< not what was signed, or not signed by enough keys: report it
    not_listed,     ///< trusted metadata knows no such file
    local,          ///< the own disk
};
/// The word in JSON and output, "stale-mirror". Stable.
std::string_view name(Trouble);
/// What to do, for people.
std::string_view advice(Trouble);

/// An error with this class; it survives the layers of context. Reactions: tampered and rollback are
/// `corrupt`, unreachable and stale_mirror `retry_later`, not_listed `not_found`, the others `refused`.
Error trouble(Trouble, std::string what);
/// Did the error come with a class?
bool is_trouble(const Error&);
/// @return `local` for an error that came without a class
Trouble trouble_of(const Error&);

}  // namespace update::trust
