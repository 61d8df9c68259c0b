// What stepped aside for an artifact (Windows, see Files::rename) outlives the update's plan: a program that
// no setting names, say one of a set's plain files, may run from it for days.
#pragma once
#include <string>
#include <vector>

#include "steps/step.hpp"

namespace update {

/// At the end of the update, while its plan is there: adds the artifacts beside which something still lies.
/// Idempotent.
Status note_asides(Job&);

/// Their paths below the install root, for whoever sweeps between updates and then removes the list.
Result<std::vector<std::string>> noted_asides(Files&, const Layout&);

}  // namespace update
