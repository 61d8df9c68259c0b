// What an operator changes in what an endpoint trusts. Needs the journal's lock, as every look for releases
// does.
#pragma once
#include <string>

#include "compose/control.hpp"

namespace update {

/// The folder of an endpoint's bundle as its only repository.
/// @return `not_found` when the folder is no bundle, with what is missing
Result<Repository> bundle_repository(const std::string& folder);

/// The file becomes the endpoint's trust.root; what was learnt before stays when it follows from the new one.
Said set_trust(Control&, const std::string& root_file);

/// Forgets all that was learnt; trust begins again with trust.root.
Said reset_trust(Control&);

}  // namespace update
