#pragma once
#include <memory>

#include "ports/random.hpp"

namespace update {

/// The system's own generator. Stateless: any thread may use it.
std::unique_ptr<Random> make_random();

}  // namespace update
