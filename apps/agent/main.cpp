#include "agent_main.hpp"
#include "net/control/end_process.hpp"

int main(int argc, char** argv) { update::end_process(agent_main(argc, argv, {.version = AGENT_VERSION})); }
