// A version that the loader cannot start on the endpoint: one of its libraries is not there.
#include "agent_main.hpp"

int missing_library();

int main(int argc, char** argv) {
    return missing_library() + agent_main(argc, argv, {.version = AGENT_VERSION});
}
