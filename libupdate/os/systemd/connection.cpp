#include "os/systemd/connection.hpp"

#include <chrono>
#include <fmt/format.h>

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::microseconds call_timeout = 10s;

}  // namespace

Error BusError::meaning(int outcome, const std::string& what) {
    if (error_.name == nullptr) sd_.error_set_errno(&error_, outcome);
    const std::string_view name = error_.name != nullptr ? error_.name : "";
    const std::string text =
        fmt::format("{}: {} ({})", what, error_.message != nullptr ? error_.message : "no answer", name);
    if (name.ends_with(".NoSuchUnit") || name.ends_with(".FileNotFound")) return {ErrorCode::not_found, text};
    if (name.ends_with(".AccessDenied") || name.ends_with(".InteractiveAuthorizationRequired"))
        return {ErrorCode::permission, text};
    if (name.starts_with("org.freedesktop.systemd1.")) return {ErrorCode::refused, text};
    return {ErrorCode::retry_later, text};
}

Result<std::shared_ptr<SystemdManager::Connection>> SystemdManager::Connection::open() {
    const auto loaded = SdBus::load();
    if (!loaded) return loaded.error();
    const SdBus* sd = *loaded;
    sd_bus* bus = nullptr;
    const int outcome = sd->open_system(&bus);
    if (outcome < 0) return BusError{*sd}.meaning(outcome, "connect to the system's D-Bus");
    auto connection = std::make_shared<Connection>(Connection{*sd, {bus, BusEnd{sd}}});
    sd->set_method_call_timeout(bus, static_cast<std::uint64_t>(call_timeout.count()));
    return connection;
}

Result<Slot> SystemdManager::Connection::on_signal(const std::string& what, const std::string& path,
                                                   const char* interface, const char* signal,
                                                   sd_bus_message_handler_t handler, void* user) const {
    sd_bus_slot* slot = nullptr;
    const int outcome =
        sd.match_signal(bus.get(), &slot, bus::service, path.c_str(), interface, signal, handler, user);
    if (outcome < 0) return BusError{sd}.meaning(outcome, what);
    return Slot{slot, SlotEnd{&sd}};
}

}  // namespace update
