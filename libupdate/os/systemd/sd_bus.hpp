// Private to systemd/: the functions of libsystemd that speak D-Bus, loaded when the first of them is needed.
#pragma once
#include <cstdint>
#include <systemd/sd-bus.h>

#include <update/result.hpp>

namespace update {

#define UPDATE_SD_BUS_FUNCTIONS(FUNCTION) \
    FUNCTION(open_system)                 \
    FUNCTION(flush_close_unref)           \
    FUNCTION(set_method_call_timeout)     \
    FUNCTION(call)                        \
    FUNCTION(call_method)                 \
    FUNCTION(get_property)                \
    FUNCTION(get_fd)                      \
    FUNCTION(process)                     \
    FUNCTION(match_signal)                \
    FUNCTION(slot_unref)                  \
    FUNCTION(message_new_method_call)     \
    FUNCTION(message_append)              \
    FUNCTION(message_append_strv)         \
    FUNCTION(message_open_container)      \
    FUNCTION(message_close_container)     \
    FUNCTION(message_read)                \
    FUNCTION(message_read_array)          \
    FUNCTION(message_skip)                \
    FUNCTION(message_enter_container)     \
    FUNCTION(message_exit_container)      \
    FUNCTION(message_unref)               \
    FUNCTION(error_set_errno)             \
    FUNCTION(error_free)

/// One table for the process: a program that is not run by systemd starts without the library, and keeps its
/// memory for itself.
struct SdBus {
    /// @return `unsupported` on a machine without libsystemd.so.0. Threads: any.
    static Result<const SdBus*> load();

#define UPDATE_DECLARE(name) decltype(&::sd_bus_##name) name = nullptr;
    UPDATE_SD_BUS_FUNCTIONS(UPDATE_DECLARE)
#undef UPDATE_DECLARE
};

}  // namespace update
