#pragma once
#include <cstddef>
#include <optional>

namespace update {

/// Width in columns of the terminal that standard output is; nothing when it is a file or a pipe. 80 where a
/// terminal does not tell.
std::optional<std::size_t> terminal_columns();

}  // namespace update
