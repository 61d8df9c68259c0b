#include "agent_main.hpp"

int main(int argc, char** argv) { return agent_main(argc, argv, {.version = AGENT_VERSION}); }
