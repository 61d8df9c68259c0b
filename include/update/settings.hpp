// Everything that can be configured. Read from one TOML file by `load_settings`; embedders may fill it
// themselves.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <update/outcome.hpp>

namespace update {

using std::chrono::milliseconds;

/// How the new version proves that it is ready.
enum class Readiness : std::uint8_t {
    reported,     ///< it says so itself through libupdate (`Updater::ready`)
    process_age,  ///< it has lived for `Probe::age`
    tcp,          ///< a TCP connection to `Probe::target` (host:port) is accepted
    http,         ///< GET `Probe::target` answers 2xx
    command,      ///< running `Probe::command` ends with 0
};
/// What is enough to commit.
enum class CommitOn : std::uint8_t { acknowledged, ready };

struct Probe {
    Readiness kind = Readiness::reported;
    std::string target;
    std::vector<std::string> command;
    milliseconds age{10'000};
    milliseconds interval{200};
    bool operator==(const Probe&) const = default;
};

/// Who starts the programs, and starts them again.
enum class Manager : std::uint8_t {
    none,  ///< the watchdog runs them as its children: containers, demo, machines without a service manager
    systemd,  ///< each is a unit of the system's systemd, and so is the watchdog
    scm,      ///< each is a service of Windows, and so is the watchdog
};

/// Service mode. Without a manager the rest means nothing.
struct ServiceSettings {
    Manager manager = Manager::none;
    std::string watchdog_unit{};                            ///< empty: see watchdog_unit() below
    std::filesystem::path unit_dir{"/etc/systemd/system"};  ///< where `updatectl service install` writes
    milliseconds restart_delay{2'000};  ///< until the manager itself starts again what ended; at most 10 s
    milliseconds watchdog_timeout{
        60'000};           ///< no sign of life for so long: it is restarted; 10 s or more, 0: never
    bool hardened = true;  ///< the agent may write only to install_root, state_dir and runtime_dir
    bool operator==(const ServiceSettings&) const = default;
};

struct ProgramSettings {
    std::string name = "agent";
    std::string path;  ///< relative to the install root; must be an artifact's install path to be updated
    std::vector<std::string> arguments;
    milliseconds stop_timeout{10'000};  ///< SIGTERM, then after this SIGKILL for the whole process group
    std::string unit{};                 ///< of the service manager; empty: see unit_name() below
    bool operator==(const ProgramSettings&) const = default;
};

struct TransferSettings {
    bool allow_http = false;                   ///< plain http is refused unless set
    std::string ca_file;                       ///< extra CA bundle (PEM), beside the OS trust store
    std::string proxy;                         ///< empty: environment (https_proxy, no_proxy)
    std::uint64_t rate_limit_bytes_per_s = 0;  ///< 0: none
    milliseconds connect_timeout{30'000};
    milliseconds stall_timeout{60'000};  ///< no byte for so long: cut and resume
    milliseconds total_timeout{24 * 3'600'000};
    unsigned attempts = 16;             ///< connections in a row, over all mirrors, that bring nothing new
    milliseconds backoff_first{1'000};  ///< upper bound of the first wait; doubles, full jitter
    milliseconds backoff_max{300'000};  ///< a server's Retry-After may be longer
    bool operator==(const TransferSettings&) const = default;
};

struct TrialSettings {
    milliseconds ready_timeout{60'000};
    milliseconds ack_timeout{600'000};
    milliseconds self_test_timeout{30'000};
    milliseconds renew_timeout{30'000};  ///< the new watchdog must answer within this
    unsigned starts_max = 3;             ///< starts of the new version before it is rolled back
    CommitOn commit_on = CommitOn::acknowledged;
    Probe probe;
    bool operator==(const TrialSettings&) const = default;
};

struct PolicySettings {
    unsigned attempts_per_version = 3;          ///< then it is refused for quarantine_for, a day at least
    std::chrono::hours quarantine_for{24 * 7};  ///< a crashed or hung version is not tried again before
    bool allow_downgrade = false;
    unsigned keep_previous =
        0;                  ///< 0: nothing is kept after the ack; 1: the previous version, for `rollback`
    std::string channel{};  ///< of the signed releases; empty: what is selected names it, else "stable"
    std::string pin{};      ///< only this version is taken; empty: any
    std::string minimum_version{};       ///< nothing below it is taken; empty: none
    bool hold = false;                   ///< nothing is taken at all
    std::vector<std::string> windows{};  ///< when an update may begin by itself, local time; empty: always
    milliseconds window_jitter{0};       ///< later than the window opens, at most; a place in it per endpoint
    bool operator==(const PolicySettings&) const = default;
};

/// Whose releases are installed.
enum class TrustMode : std::uint8_t {
    signed_,    ///< only what signed metadata vouches for
    unsigned_,  ///< also the operator's own files, by updatectl on this machine: development only
};
/// A TUF repository, or a mirror of it.
struct Repository {
    std::string metadata;  ///< URL of the folder with the metadata
    std::string targets;   ///< URL of the folder with the targets
    bool operator==(const Repository&) const = default;
};
struct TrustSettings {
    std::filesystem::path root{};  ///< the root.json that was shipped with the program; trust begins with it
    std::vector<Repository> repositories{};  ///< in the order of asking
    TrustMode mode = TrustMode::signed_;
    bool operator==(const TrustSettings&) const = default;
};

struct SupervisionSettings {
    milliseconds backoff_first{500};
    milliseconds backoff_max{300'000};
    unsigned budget = 10;  ///< restarts within `budget_window`; beyond it the agent is held for `backoff_max`
    milliseconds budget_window{3'600'000};
    milliseconds interval{30'000};  ///< period of the watchdog's own checks, at least 5 s
    bool operator==(const SupervisionSettings&) const = default;
};

struct Settings {
    std::string product = "agent";
    std::filesystem::path install_root;  ///< absolute; the artifacts live below it
    std::filesystem::path
        state_dir;  ///< absolute; private to the owner (0700), journal and staging live here
    /// Absolute; the watchdog's socket lies here and every local user may ask for the status (/run/<product>,
    /// created with 0711). Empty: it lies in state_dir, for the owner and root only.
    std::filesystem::path runtime_dir{};
    std::vector<ProgramSettings> programs{{}};  ///< the first is the agent, the others are companions
    std::string watchdog_path;  ///< relative to the install root; empty: the watchdog is not part of the set
    std::vector<Route> routes{Route::watchdog, Route::self_update,
                              Route::exit_code};  ///< in the order of trying
    bool restarted_on_failure = false;  ///< a supervisor other than ours starts the agent again after exit 1
    std::string server_url;             ///< wss://… of the control server; empty: the compiled-in default
    std::string agent_id;
    std::filesystem::path
        key_file;  ///< agent key, 0600; its content appears in no log, command line or status
    TransferSettings transfer;
    TrialSettings trial;
    PolicySettings policy;
    TrustSettings trust;
    SupervisionSettings supervision;
    ServiceSettings service;
    std::filesystem::path file{};  ///< what `load_settings` read; empty: filled by the program itself
    bool operator==(const Settings&) const = default;
};

/// The configured unit, or "<product>.service" for the agent and "<product>-<name>.service" for companions:
/// several products live side by side on one machine.
std::string unit_name(const Settings&, const ProgramSettings&);
/// The configured unit, or "<product>-watchdog.service".
std::string watchdog_unit(const Settings&);

/// Reads and checks a TOML file. Unknown keys and bad values are refused, none is ignored.
/// Paths of folders and files are absolute and become lexically normal (links are not followed).
/// @return `not_found`, `permission`, or `refused` with "<file>:<line>: <key>: <what is wrong>; <cure>".
Result<Settings> load_settings(const std::filesystem::path& file);

}  // namespace update
