#pragma once
#include "ports/files.hpp"

namespace update {

/// Where the configuration lies when nobody names another place: a folder that only administrators can make.
/// Linux: /etc/update/update.toml. Windows: update.toml beside the program, since every user may create
/// folders below C:\ and below ProgramData.
Path default_config();

}  // namespace update
