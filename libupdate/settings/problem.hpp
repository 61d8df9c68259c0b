#pragma once
#include <optional>
#include <string>

namespace update {

/// What is wrong with one setting, and what to write instead. Neither repeats the value: it may be a secret
/// that stands in the wrong place.
struct Problem {
    std::string what;
    std::string cure;
};
/// Nothing: the value is good.
using Check = std::optional<Problem>;

}  // namespace update
