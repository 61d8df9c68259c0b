#pragma once
#include <string>

#include <update/settings.hpp>

#include "settings/problem.hpp"

namespace update {

struct KeyProblem {
    std::string key;
    Problem problem;
};

/// What must hold between several settings, or for one that depends on another.
std::optional<KeyProblem> check_together(const Settings&);

}  // namespace update
