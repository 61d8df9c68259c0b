#pragma once
#include <string>

#include <update/settings.hpp>

/// The agent's key: the first line of key_file, however it is kept there. Empty when there is none.
std::string read_key(const update::Settings&);
/// Where the system can seal (Windows): a key that lies there as somebody wrote it is sealed in place. Once
/// at each start.
update::Status keep_key_sealed(const update::Settings&);
