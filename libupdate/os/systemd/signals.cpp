// What systemd tells by itself, for as long as somebody waits for it.
#include <poll.h>

#include "os/systemd/connection.hpp"

namespace update {
namespace {

class UnitChanges final : public SystemdManager::Changes {
 public:
    template <class Connection>
    UnitChanges(std::shared_ptr<Connection> connection, std::string unit)
        : sd_{connection->sd}, bus_{connection->bus.get()}, connection_{connection}, unit_{std::move(unit)} {}

    template <class Connection>
    Status listen(const Connection& connection, const std::string& path) {
        const std::string what = "watch " + unit_;
        auto properties =
            connection.on_signal(what, path, bus::properties, "PropertiesChanged", on_change, this);
        if (!properties) return std::move(properties).error();
        auto jobs = connection.on_signal(what, bus::root, bus::manager, "JobRemoved", on_job, this);
        if (!jobs) return std::move(jobs).error();
        properties_ = *std::move(properties);
        jobs_ = *std::move(jobs);
        return done();
    }

    int descriptor() const override { return sd_.get_fd(bus_); }

    /// A lost connection shows at the next call.
    bool take() override {
        int outcome = 1;
        while (outcome > 0) outcome = sd_.process(bus_, nullptr);
        if (outcome < 0) changed_ = true;
        return std::exchange(changed_, false);
    }

    void wait(std::chrono::milliseconds time) override {
        ::pollfd watched{descriptor(), POLLIN, 0};
        (void)::poll(&watched, 1, static_cast<int>(time.count()));
    }

 private:
    static int on_change(sd_bus_message*, void* self, sd_bus_error*) {
        static_cast<UnitChanges*>(self)->changed_ = true;
        return 0;
    }

    static int on_job(sd_bus_message* message, void* self, sd_bus_error*) {
        auto& changes = *static_cast<UnitChanges*>(self);
        std::uint32_t id = 0;
        const char *job = nullptr, *unit = nullptr, *result = nullptr;
        if (changes.sd_.message_read(message, "uoss", &id, &job, &unit, &result) >= 0)
            changes.changed_ |= unit == changes.unit_;
        return 0;
    }

    const SdBus& sd_;
    sd_bus* bus_;
    std::shared_ptr<void> connection_;  ///< lives as long as what was made from it
    const std::string unit_;
    Slot properties_, jobs_;
    bool changed_ = false;
};

}  // namespace

Result<std::unique_ptr<SystemdManager::Changes>> SystemdManager::watch(const std::string& unit) {
    UPDATE_TRY(path, path_of(unit), "watch " + unit);
    if (!connection_->subscribed) UPDATE_CHECK(connection_->ask("watch " + unit, "Subscribe", ""), "systemd");
    connection_->subscribed = true;
    auto changes = std::make_unique<UnitChanges>(connection_, unit);
    UPDATE_CHECK(changes->listen(*connection_, path), "systemd");
    return std::unique_ptr<Changes>{std::move(changes)};
}

}  // namespace update
