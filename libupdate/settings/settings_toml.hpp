#pragma once
#include <string>

#include <update/settings.hpp>

namespace update {

/// `load_settings` of a text that is in memory already.
/// @param file  how the text is called in messages
Result<Settings> parse_settings(const std::string& text, const std::string& file);

}  // namespace update
