// Versions that pass their self-test and fail in the field, each in its own way; and one that is merely slow.
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "agent_main.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kind = BAD_AGENT;
constexpr auto nobody_listens_there = "wss://127.0.0.1:1/agent";

int crash() { std::abort(); }
int exit_cleanly() { return 0; }
int hang() {
    for (;;) std::this_thread::sleep_for(1h);
}
/// Once it is ready, and before it reaches any server.
int crash_late(int argc, char** argv) {
    std::thread{[] {
        std::this_thread::sleep_for(1s);
        std::abort();
    }}.detach();
    return agent_main(argc, argv, {.version = AGENT_VERSION, .server_url = nobody_listens_there});
}
int begin_slowly(int argc, char** argv) {
    std::this_thread::sleep_for(1500ms);
    return agent_main(argc, argv, {.version = AGENT_VERSION});
}

}  // namespace

int main(int argc, char** argv) {
    AgentVersion version{.version = AGENT_VERSION};
    if (kind == "crashes") version.instead = crash;
    if (kind == "crashes-late") version.instead = [&] { return crash_late(argc, argv); };
    if (kind == "exits-0") version.instead = exit_cleanly;
    if (kind == "hangs") version.instead = hang;
    if (kind == "wrong-version") version.reported = "9.9.9";
    if (kind == "never-connects") version.server_url = nobody_listens_there;
    if (kind == "slow") version.instead = [&] { return begin_slowly(argc, argv); };
    return agent_main(argc, argv, version);
}
