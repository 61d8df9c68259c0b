// The commands of updatectl. Each prints and returns the program's exit code (update/exit_code.hpp).
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compose/control_plan.hpp"
#include "os/default_config.hpp"

namespace update::ctl {

struct SimulateWish {
    bool configured = false;  ///< --config was given: these settings, not the built-in stories
    std::optional<std::uint64_t> runs;
    std::optional<std::uint64_t> seed;  ///< without `runs`: this run alone, told step by step
    std::optional<std::string> faults;
    std::string scenario, platform = "linux";
    bool random_only = false;
};

/// What the command line says.
struct Options {
    std::filesystem::path config = default_config();
    bool json = false, dry_run = false, purge = false;
    PlanWish plan;
    std::string bundle;  ///< a folder instead of the configured repositories
    SimulateWish simulate;
    std::string id, version, program;
    std::size_t lines = 50;
    std::optional<bool> enabled;
    std::optional<int> interval_seconds;
    std::optional<std::vector<std::string>> services, processes;
};

int status(const Options&);
int history(const Options&);
int explain(const Options&);
int doctor(const Options&);

int check(const Options&);
int apply(const Options&);
int roll_back(const Options&);

int cancel(const Options&);
int quarantine_list(const Options&);
int quarantine_clear(const Options&);
int hold(const Options&);
int release(const Options&);
int restart(const Options&);
int config_set(const Options&);

int service_print(const Options&);
int service_install(const Options&);
int service_repair(const Options&);
int service_remove(const Options&);

int simulate(const Options&);

}  // namespace update::ctl
