#pragma once
#include <optional>

#include "steps/manifest.hpp"
#include "steps/step.hpp"

namespace update {

/// true: the file waits staged, the very one that was sealed. false: it is installed already.
/// @return `corrupt` when it is neither
Result<bool> waits_as_sealed(Job&, const VerifiedArtifact&, const Seal&);

/// Renames the sealed staged file over the live one; what was installed before a crash is left alone.
/// @return `corrupt` when the staged file is not the one that was sealed, or when neither is it
Status install_sealed(Job&, const VerifiedArtifact&, const Seal&);

/// Is every artifact's live file the one that was verified? Within a trial the watchdog's is still the old
/// one.
enum class Watchdog : std::uint8_t { included, left_out };
Status set_is_installed(Job&, Watchdog);

/// Before a start of the new version, whoever makes it. The journal may have missed the way back (a disk that
/// could not be written), or somebody put another file there: a set that is not wholly the verified one is
/// not started.
/// @return what is to be done instead; none: start
std::optional<Event> start_of_mixed_set(Job&);

}  // namespace update
