// Versions that pass their self-test and fail in the field, each in its own way.
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "agent_main.hpp"

namespace {

constexpr std::string_view kind = BAD_AGENT;

int crash() { std::abort(); }
int exit_cleanly() { return 0; }
int hang() {
    for (;;) std::this_thread::sleep_for(std::chrono::hours{1});
}

}  // namespace

int main(int argc, char** argv) {
    AgentVersion version{.version = AGENT_VERSION};
    if (kind == "crashes") version.instead = crash;
    if (kind == "exits-0") version.instead = exit_cleanly;
    if (kind == "hangs") version.instead = hang;
    if (kind == "wrong-version") version.reported = "9.9.9";
    if (kind == "never-connects") version.server_url = "wss://127.0.0.1:1/agent";  // nobody listens on port 1
    return agent_main(argc, argv, version);
}
