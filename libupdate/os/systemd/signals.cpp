// What systemd tells by itself, for as long as somebody waits for it.
#include <map>
#include <poll.h>

#include "os/systemd/connection.hpp"

namespace update {
namespace {

class UnitChanges final : public SystemdManager::Changes {
 public:
    template <class Connection>
    UnitChanges(std::shared_ptr<Connection> connection, const std::string& path, const std::string& name)
        : bus_{*connection->bus},
          connection_{connection},
          unit_{connection->at(path)},
          jobs_{connection->at(bus::root)} {
        unit_->uponSignal("PropertiesChanged")
            .onInterface(bus::properties)
            .call([this](const std::string&, const std::map<std::string, sdbus::Variant>&,
                         const std::vector<std::string>&) { changed_ = true; });
        unit_->finishRegistration();
        jobs_->uponSignal("JobRemoved")
            .onInterface(bus::manager)
            .call([this, name](std::uint32_t, const sdbus::ObjectPath&, const std::string& unit,
                               const std::string&) { changed_ |= unit == name; });
        jobs_->finishRegistration();
    }

    int descriptor() const override { return bus_.getEventLoopPollData().fd; }

    /// A lost connection shows at the next call.
    bool take() override {
        try {
            while (bus_.processPendingRequest()) continue;
        } catch (const sdbus::Error&) {
            changed_ = true;
        }
        return std::exchange(changed_, false);
    }

    void wait(std::chrono::milliseconds time) override {
        ::pollfd watched{descriptor(), POLLIN, 0};
        (void)::poll(&watched, 1, static_cast<int>(time.count()));
    }

 private:
    sdbus::IConnection& bus_;
    std::shared_ptr<void> connection_;  ///< lives as long as what was made from it
    std::unique_ptr<sdbus::IProxy> unit_, jobs_;
    bool changed_ = false;
};

}  // namespace

Result<std::unique_ptr<SystemdManager::Changes>> SystemdManager::watch(const std::string& unit) {
    UPDATE_TRY(path, path_of(unit), "watch " + unit);
    try {
        if (!std::exchange(connection_->subscribed, true))
            connection_->manager->callMethod("Subscribe").onInterface(bus::manager);
        return std::unique_ptr<Changes>{std::make_unique<UnitChanges>(connection_, path, unit)};
    } catch (const sdbus::Error& error) {
        return bus_error(error, "watch " + unit);
    }
}

}  // namespace update
