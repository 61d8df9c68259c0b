// Private to systemd/: the connection to systemd, and what an error of D-Bus means.
#pragma once
#include <memory>
#include <string>
#include <utility>

#include <update/result.hpp>

#include "os/systemd/manager.hpp"
#include "os/systemd/sd_bus.hpp"

namespace update {

namespace bus {
inline const char* const service = "org.freedesktop.systemd1";
inline const char* const root = "/org/freedesktop/systemd1";
inline const char* const manager = "org.freedesktop.systemd1.Manager";
inline const char* const unit = "org.freedesktop.systemd1.Unit";
inline const char* const service_unit = "org.freedesktop.systemd1.Service";
inline const char* const properties = "org.freedesktop.DBus.Properties";
}  // namespace bus

/// The error of one call, in D-Bus' words.
class BusError {
 public:
    explicit BusError(const SdBus& sd) : sd_{sd} {}
    ~BusError() { sd_.error_free(&error_); }
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;

    sd_bus_error* out() { return &error_; }
    /// As a reaction. @param outcome  what the call returned: a negative errno
    Error meaning(int outcome, const std::string& what);

 private:
    const SdBus& sd_;
    sd_bus_error error_{};
};

struct MessageEnd {
    const SdBus* sd = nullptr;
    void operator()(sd_bus_message* message) const { sd->message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, MessageEnd>;

struct SlotEnd {
    const SdBus* sd = nullptr;
    void operator()(sd_bus_slot* slot) const { sd->slot_unref(slot); }
};
using Slot = std::unique_ptr<sd_bus_slot, SlotEnd>;

struct BusEnd {
    const SdBus* sd = nullptr;
    void operator()(sd_bus* bus) const { sd->flush_close_unref(bus); }
};

struct SystemdManager::Connection {
    const SdBus& sd;
    std::unique_ptr<sd_bus, BusEnd> bus;
    bool subscribed = false;

    static Result<std::shared_ptr<Connection>> open();

    /// Asks systemd's manager. @param types  of the arguments, in D-Bus' letters; "" without any
    template <class... Arguments>
    Result<Message> ask(const std::string& what, const char* method, const char* types,
                        Arguments... arguments) const {
        BusError error{sd};
        sd_bus_message* reply = nullptr;
        const int outcome = sd.call_method(bus.get(), bus::service, bus::root, bus::manager, method,
                                           error.out(), &reply, types, arguments...);
        if (outcome < 0) return error.meaning(outcome, what);
        return Message{reply, MessageEnd{&sd}};
    }
    Result<Slot> on_signal(const std::string& what, const std::string& path, const char* interface,
                           const char* signal, sd_bus_message_handler_t, void* user) const;
};

}  // namespace update
