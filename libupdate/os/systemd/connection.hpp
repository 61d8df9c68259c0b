// Private to systemd/: the connection, and what an error of D-Bus means.
#pragma once
#include <sdbus-c++/sdbus-c++.h>

#include <update/result.hpp>

#include "os/systemd/manager.hpp"

namespace update {

namespace bus {
inline const char* const service = "org.freedesktop.systemd1";
inline const char* const root = "/org/freedesktop/systemd1";
inline const char* const manager = "org.freedesktop.systemd1.Manager";
inline const char* const job = "org.freedesktop.systemd1.Job";
inline const char* const unit = "org.freedesktop.systemd1.Unit";
inline const char* const service_unit = "org.freedesktop.systemd1.Service";
inline const char* const properties = "org.freedesktop.DBus.Properties";
}  // namespace bus

/// What it is on which D-Bus says no, as a reaction.
Error bus_error(const sdbus::Error&, const std::string& what);

struct SystemdManager::Connection {
    std::unique_ptr<sdbus::IConnection> bus;
    std::unique_ptr<sdbus::IProxy> manager;
    bool subscribed = false;

    static std::shared_ptr<Connection> open();  ///< throws sdbus::Error
    std::unique_ptr<sdbus::IProxy> at(const std::string& path) const {
        return sdbus::createProxy(*bus, bus::service, path);
    }
};

}  // namespace update
