// Where results go: text or JSON to standard output, trouble to standard error.
#pragma once
#include <string>

#include "commands.hpp"
#include "compose/control.hpp"
#include "views.hpp"

namespace update::ctl {

void print(const std::string& text);
/// The last line of every command that is no listing: the message, or {"exit","message"} with --json.
int finish(const Options&, const Said&);
/// An endpoint that cannot even be looked at: configuration or account. Returns the exit code.
int refuse(const Options&, const Error&);
Screen screen();

/// The endpoint of the configuration file; on trouble `code` is the exit code, and it has been printed.
std::unique_ptr<Control> open_endpoint(const Options&, int& code);
/// As above, and this account may read its state.
std::unique_ptr<Control> open_readable_endpoint(const Options&, int& code);

}  // namespace update::ctl
