// What this process tells the service manager that started it (systemd's sd_notify protocol). Nothing happens
// where none asked to be told.
#pragma once
#include <chrono>
#include <optional>

#include <update/result.hpp>

namespace update {

enum class Life : std::uint8_t {
    ready,     ///< started: whoever waits for the service goes on
    alive,     ///< within each watchdog period
    stopping,  ///< on the way to its end
};
/// Any thread; never blocks. A lost message is repeated by the next one.
void tell_service_manager(Life);

/// How often `alive` must be told: half of what the manager waits for. Nothing: it does not wait for any.
std::optional<std::chrono::milliseconds> life_period();

}  // namespace update
