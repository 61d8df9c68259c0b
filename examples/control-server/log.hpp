#pragma once
#include <cstdio>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace control {

/// One line on standard error. Callers pass no secrets; messages of peers go through session::describe.
template <class... Arguments>
void log(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    const std::string line = fmt::format(format, std::forward<Arguments>(arguments)...) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace control
