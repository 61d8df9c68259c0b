// Private to os/: one TCP connection, made and dropped.
#pragma once
#include <string>

#include "os/deadline.hpp"
#include "ports/processes.hpp"

namespace update {

Status look_at_tcp(const std::string& target, const Deadline&, Processes& resolver);

}  // namespace update
