// A version that passes its self-test and crashes when it runs; the moment stands in its last line.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <sys/resource.h>

#include "agent_main.hpp"

namespace {

int crash() {
    const rlimit no_core{0, 0};  // the time of a core dump is not the product's
    ::setrlimit(RLIMIT_CORE, &no_core);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    std::fprintf(stderr, "crashes at %lld\n",
                 static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
    std::fflush(stderr);
    return ::raise(SIGKILL);
}

}  // namespace

int main(int argc, char** argv) {
    AgentVersion version{.version = AGENT_VERSION};
    version.instead = crash;
    return agent_main(argc, argv, version);
}
