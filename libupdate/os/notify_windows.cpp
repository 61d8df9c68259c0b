// The SCM is told of start and end; it waits for no signs of life.
#include "os/notify.hpp"
#include "os/service_report.hpp"

namespace update {

void tell_service_manager(Life life) { ServiceReport::instance().tell(life); }

std::optional<std::chrono::milliseconds> life_period() { return std::nullopt; }

}  // namespace update
