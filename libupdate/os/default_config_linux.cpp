#include "os/default_config.hpp"

namespace update {

Path default_config() { return "/etc/update/update.toml"; }

}  // namespace update
