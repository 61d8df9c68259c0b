// Private to os/, Windows: who owns an open file and who else may touch it.
#pragma once
#include <cstdint>
#include <string>

#include <update/result.hpp>

#include "os/handle.hpp"
#include "os/sddl.hpp"

namespace update {

/// The account of this process.
struct Account {
    std::string sid;          ///< "S-1-5-18"
    bool privileged = false;  ///< SYSTEM, or a member of Administrators with its rights enabled
};
const Account& own_account();

/// SYSTEM, Administrators and TrustedInstaller are 0, as root is elsewhere, and so is this process's own
/// account when it is privileged; any other account is a number made of its SID.
std::uint64_t account_number(const std::string& sid);

struct Protection {
    std::string owner;             ///< SID
    bool others_read = false;      ///< somebody who is neither trusted nor we
    bool others_write = false;     ///< ... may change, delete or take it
    bool inherits_to_all = false;  ///< an entry for what will be created inside lets a stranger in
};
/// `handle` needs READ_CONTROL.
Result<Protection> protection_of(const Handle&);

/// A security descriptor of this text, for use at creation.
Result<LocalMemory> make_descriptor(const std::string& sddl);
std::string private_sddl(sddl::Object);
std::string public_sddl(sddl::Object);
/// Owner, group and DACL in one text, for comparison.
Result<std::string> descriptor_text(const Handle&);
/// Replaces the DACL by the text's. `handle` needs WRITE_DAC.
Status set_dacl(const Handle&, const std::string& sddl);

/// Wine has no access control of files: tests and messages say so.
bool runs_under_wine();

}  // namespace update
