#pragma once
#include <CLI/CLI.hpp>
#include <functional>

#include "commands.hpp"

namespace update::ctl {

/// Fills `options`, and sets `command` to what the chosen subcommand does.
void describe_command_line(CLI::App& app, Options& options, std::function<int(const Options&)>& command);

}  // namespace update::ctl
