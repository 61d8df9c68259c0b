// For the Windows twins: rights of objects that have no folder around them (pipes, events, jobs), given when
// they are created, so that there is no moment at which others could use them.
#pragma once
#include <string>

#include <update/result.hpp>

#include "os/handle.hpp"

namespace update {

/// sddl::only_ours_here for this process's account, for SECURITY_ATTRIBUTES.
Result<LocalMemory> private_rights();

/// What such an object really has: the DACL as text, and the owner's SID.
Result<std::string> dacl_of(void* object);
Result<std::string> owner_of(void* object);

/// 32 hexadecimal digits that nobody can guess.
Result<std::string> secret_name();

}  // namespace update
