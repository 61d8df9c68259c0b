#pragma once
#include <functional>
#include <string>

/// What one version of the agent is.
struct AgentVersion {
    std::string version;  ///< what it is, and what its self-test prints
    std::string reported =
        {};  ///< what it says of itself at run time; empty: `version`. For the tests' bad versions.
    std::string server_url = {};  ///< instead of the configured one. For the tests' bad versions.
    std::function<int()> instead =
        {};  ///< runs in the place of the agent's work. For the tests' bad versions.
};

/// The whole program: parse, resume, run, map to an exit code (update/exit_code.hpp).
int agent_main(int argc, char** argv, const AgentVersion&);
