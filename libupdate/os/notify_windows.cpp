// The service manager of Windows learns what a service does from its main function (os/service_main), not
// from the program's parts: there is nothing to tell, and it waits for no signs of life.
#include "os/notify.hpp"

namespace update {

void tell_service_manager(Life) {}

std::optional<std::chrono::milliseconds> life_period() { return std::nullopt; }

}  // namespace update
