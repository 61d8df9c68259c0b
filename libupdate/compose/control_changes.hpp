// What an operator changes beside updates. Every function says in words what it did.
#pragma once
#include "compose/control.hpp"
#include "policy/memory.hpp"

namespace update {

enum class Really : std::uint8_t { yes, only_say };  ///< only_say: a dry run, nothing is changed

/// @param update_id  empty: the one in progress
/// Where nobody works on it any more, it is ended here.
Said cancel_update(Control&, const std::string& update_id, Really);

/// As it counts now.
PolicyMemory policy_memory(Control&);
/// @param version  empty: all
Said clear_quarantine(Control&, const std::string& version, Really);

/// The administrator's stop: the program is stopped and nobody starts it until `release`.
/// @param program  empty: the agent
Said hold_program(Control&, const std::string& program, Really);
Said release_program(Control&, const std::string& program, Really);

Said restart_agent(Control&, Really);
/// Until the watchdog's next start, which reads the configuration file.
Said configure_watchdog(Control&, const ipc::UpdateConfig&, Really);

}  // namespace update
