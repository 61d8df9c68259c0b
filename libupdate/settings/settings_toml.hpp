#pragma once
#include <string>

#include <update/settings.hpp>

namespace update {

/// `load_settings` of a text that is in memory already.
/// @param file  how the text is called in messages
/// @param config_dir  what "${config_dir}" stands for, in any value
Result<Settings> parse_settings(const std::string& text, const std::string& file,
                                const std::string& config_dir = "");

}  // namespace update
