// A secret on disk that only this machine can read.
#pragma once
#include <string>
#include <string_view>

#include <update/result.hpp>

namespace update {

/// A text for a file. Windows: the data protection interface (DPAPI) encrypts it with a key of this machine,
/// so that a copy of the file is worth nothing elsewhere; who may read the file is still for its rights to
/// say. Elsewhere: the text itself.
Result<std::string> seal(const std::string& secret);
/// What `seal` made, or a text that never was sealed, as somebody wrote it into the file.
/// @return `permission` for one that another machine sealed
Result<std::string> unseal(const std::string& text);
bool is_sealed(std::string_view text);
/// Can this system seal at all?
bool seals();

}  // namespace update
