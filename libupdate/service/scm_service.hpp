// The services of a product as the service control manager (SCM) of Windows shall have them. Pure.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <update/settings.hpp>

namespace update {

enum class StartType : std::uint8_t { automatic, manual, disabled, other };

/// What the SCM does after the nth failure since it last forgot them; the last one stands for all later ones.
struct FailureAction {
    enum class Kind : std::uint8_t { nothing, restart, run_command, reboot } kind = Kind::nothing;
    std::chrono::milliseconds delay{0};
    bool operator==(const FailureAction&) const = default;
};
struct Recovery {
    std::vector<FailureAction> actions;
    std::chrono::seconds forget_after{0};  ///< without a failure for so long, counting starts again
    std::string command;                   ///< of `run_command`
    bool after_exit_codes = false;         ///< also when the service itself says that it ended with an error
    bool operator==(const Recovery&) const = default;
};

struct ScmService {
    std::string name, display_name, description;
    std::string command_line;
    bool delayed = true;  ///< started two minutes after the machine's own services
    Recovery recovery;
    bool operator==(const ScmService&) const = default;
};

/// The configured unit, or "<product>" for the agent and "<product>-<name>" for companions.
std::string service_name(const Settings&, const ProgramSettings&);
/// The configured unit, or "<product>-watchdog".
std::string watchdog_service_name(const Settings&);

/// The programs in their order, then the watchdog where there is one.
///
/// Recovery of the agent: the first failure is a restart; the second and each later one runs the guard, a
/// second name of the version that proved itself, which counts the starts of a version on trial, puts the old
/// one back when they are used up, and starts the agent. Of all others: each failure is a restart.
std::vector<ScmService> scm_services(const Settings&);

/// While the agent exchanges its own program: its name is empty for a moment, and where it is killed then, a
/// restart finds no program, which the SCM follows by nothing more. So the first failure, too, runs the
/// command, which completes the exchange before it starts the agent. Without a command as it was.
Recovery command_first(Recovery);

/// Who may do what with a service: the system and administrators all that they may with any, everybody else
/// may look. In the security descriptor definition language.
extern const char* const service_dacl;
/// Accounts other than the system and administrators that may change or delete the service, or its rights, as
/// the descriptor names them.
std::vector<std::string> strangers_in(const std::string& dacl);

/// For people.
std::string to_text(const ScmService&);

}  // namespace update
