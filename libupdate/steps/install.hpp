#pragma once
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

}  // namespace update
