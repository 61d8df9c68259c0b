// What an operator does about the service manager's units.
#pragma once
#include "compose/control_changes.hpp"

namespace update {

/// All units as text, each below a line with its file's name. Changes nothing, needs no service manager.
Result<std::string> print_service(Control&);
/// Writes, enables and starts them.
Said install_service(Control&, Really);
/// See service_manager::repair.
Said repair_service(Control&, Really);
/// Stops, disables and removes what install wrote; with `everything`, see purge.
enum class Extent : std::uint8_t { services, everything };
Said remove_service(Control&, Really, Extent);

}  // namespace update
