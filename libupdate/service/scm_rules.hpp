// Would the SCM start this service again after a failure, and who can change it? Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <update/settings.hpp>

#include "ports/services.hpp"
#include "service/scm_service.hpp"

namespace update {

/// How the SCM has a service. What is absent it does not know itself (Wine's SCM has no recovery).
struct ScmConfig {
    StartType start = StartType::other;
    std::string command_line, account;
    std::string display_name, description;
    std::optional<bool> delayed;
    std::optional<Recovery> recovery;
    std::optional<std::string> dacl;
    bool operator==(const ScmConfig&) const = default;
};

/// What an installed service must do for the exit-code route. Each finding that is not ok names what
/// `updatectl service repair` would change, or the administrator's command.
std::vector<Finding> check_recovery(const ScmConfig&, const ScmService& wanted, const Settings&);

/// What `repair` changes, so that check_recovery finds nothing. The start type is the administrator's and is
/// never among it.
struct ScmChanges {
    bool command_line = false, delayed = false, recovery = false, dacl = false, names = false;
    bool any() const { return command_line || delayed || recovery || dacl || names; }
    bool operator==(const ScmChanges&) const = default;
};
/// @param ours  made by this program, so that it is changed to what is wanted; of somebody else's service
/// only what keeps the agent down or lets strangers in
enum class MadeBy : std::uint8_t { us, others };
ScmChanges changes_for(const ScmConfig&, const ScmService& wanted, MadeBy);

/// Its program lies in our install root: ours to change and to remove.
bool is_ours(const ScmConfig&, const Settings&);

}  // namespace update
