#pragma once
#include <string>
#include <string_view>

#include <update/result.hpp>

#include "system.hpp"

namespace control {

using update::Result;

std::string hex(std::string_view bytes);
/// `bytes` random bytes as hex, from the system's generator.
std::string random_hex(std::size_t bytes);
/// Hex SHA-256 of the concatenation.
std::string sha256_hex(std::string_view first, std::string_view second = {});
/// Takes the same time whatever the difference is. Texts of different length are told apart at once.
bool equal_in_constant_time(std::string_view, std::string_view);
/// Hex SHA-256 of a file, as long as it was when it was opened.
/// @return `retry_later` when it cannot be read, or is shorter by now
Result<std::string> sha256_of_file(const OpenFile&);

}  // namespace control
