// What the Windows twins write into security descriptors, as data: tested on every system, applied on one.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace update::sddl {

enum class Object : std::uint8_t { folder, file };

/// Protected, so nothing is inherited from above: SYSTEM and Administrators may do everything, nobody else
/// anything. What is created inside a folder gets the same. (Security rule R1.)
/// @param user  text of the SID of an account that is neither, and that owns what it creates: a developer, a
/// test, a
///              watchdog without rights. Empty for a service.
std::string only_ours(Object, std::string_view user);
/// The same, and every user may read and execute.
std::string readable_by_all(Object, std::string_view user);

/// For what has no folder around it: pipes, events, jobs. SYSTEM, Administrators and `user`: everything;
/// nobody over the network, nor anybody else. It belongs to `user`, else to Administrators: others go by the
/// owner.
std::string only_ours_here(std::string_view user);
/// For a pipe that everybody on this machine may ask: others may read and write data, but not create another
/// instance of it, which GENERIC_WRITE would contain.
std::string pipe_for_all_here(std::string_view user);

/// May this account see into what is private without being a stranger? SYSTEM, Administrators,
/// TrustedInstaller, and the placeholders for the owner, which is judged on its own.
bool is_trusted(std::string_view sid);

/// Same owner, group and entries in the same order? How the entries came there does not count: a system that
/// sets what it is given forgets that they were inherited (AI and AR of the list, ID of an entry), and denies
/// or allows the same. Whether the list is protected counts.
/// @param one, other  texts of descriptors without a SACL
bool same_rights(std::string_view one, std::string_view other);

}  // namespace update::sddl
