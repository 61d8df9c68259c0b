// For the Windows twins: texts are UTF-8 everywhere in the library and UTF-16 where Windows is called.
#pragma once
#include <string>
#include <string_view>

#include <update/result.hpp>

namespace update {

/// @return `refused` for what is not UTF-8, and for a text with a zero inside: Windows would take its first
/// part only.
Result<std::wstring> to_wide(std::string_view utf8);
/// Never fails: a lone surrogate, which NTFS allows in names, becomes U+FFFD.
std::string to_utf8(std::wstring_view wide);

}  // namespace update
