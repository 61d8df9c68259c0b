// Would systemd start an installed unit again, and is what it calls there?
#pragma once
#include <vector>

#include <update/settings.hpp>

#include "os/systemd/manager.hpp"
#include "ports/services.hpp"

namespace update {

/// See check_restart (service/unit_rules.hpp); besides, the guard is a file that can be run.
/// @return `not_found`, `refused`: not installed, or unreadable for systemd; `retry_later`: it does not
/// answer
Result<std::vector<Finding>> check_unit(SystemdManager&, const Settings&, const ProgramSettings&);

}  // namespace update
