#include <cstdlib>

#include "os/service_main.hpp"

namespace update {

int run_as_service(int argc, char** argv, const ProgramWork& work, Children) { return work(argc, argv); }

bool is_bound_service() { return false; }

void leave_service() { std::_Exit(0); }

}  // namespace update
