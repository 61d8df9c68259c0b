// Names of the enumerations on the wire, both ways.
#pragma once
#include <optional>
#include <string_view>

#include "ipc/message.hpp"

namespace update::ipc {

std::optional<Type> type_named(std::string_view);
std::optional<Level> level_named(std::string_view);

}  // namespace update::ipc
