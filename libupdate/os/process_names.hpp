#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

/// Does any process run whose program has this name? Names that the system cuts off are compared as far as it
/// keeps them.
Result<bool> process_named(const std::string& name);

}  // namespace update
