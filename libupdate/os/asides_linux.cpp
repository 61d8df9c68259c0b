#include "os/asides.hpp"

namespace update {

bool sweep_asides(const Path&) { return true; }

}  // namespace update
