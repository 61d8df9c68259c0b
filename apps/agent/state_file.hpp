#pragma once
#include <string>

#include <update/settings.hpp>

/// Version and server URL of the agent that runs now, written at every start so that it is never stale
/// (incident I8).
update::Status write_state(const update::Settings&, const std::string& version);
/// Different at every start of the process, so that late messages of an old process are told apart.
std::string new_build_id();
