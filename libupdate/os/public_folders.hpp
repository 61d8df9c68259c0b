#pragma once
#include <memory>

#include "ports/public_folders.hpp"

namespace update {

/// Stateless: any thread may use it.
std::unique_ptr<PublicFolders> make_public_folders();

}  // namespace update
