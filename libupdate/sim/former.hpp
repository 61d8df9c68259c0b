// Programs of the release before this one, as far as they differ: in what they write into the journal.
#pragma once
#include <string>
#include <string_view>

#include "sim/process.hpp"
#include "sim/scenario.hpp"

namespace update::sim {

/// Is it a program of the release before this one?
bool is_former(const Scenario&, const Process&);

/// A slot of the journal without the fields that are new in this release: as a former program would have
/// written it, and all that one understands of it. What is no whole slot is given back as it is.
std::string as_former(std::string_view slot);

}  // namespace update::sim
