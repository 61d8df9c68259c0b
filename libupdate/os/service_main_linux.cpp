#include "os/service_main.hpp"

namespace update {

int run_as_service(int argc, char** argv, const ProgramWork& work) { return work(argc, argv); }

}  // namespace update
