// Incident I2 on Linux: what stays in the cgroup of a service dies with it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "support/await.hpp"
#include "support/machine.hpp"

using namespace update::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A service that starts another program, and is stopped then.
class Service {
 public:
    Service(const std::string& way, const std::string& settings = "") {
        fs::copy_file(PROBE, scratch_.path() / "probe");
        machine_.boot();
        machine_.write_unit(
            "probe.service",
            fmt::format("[Service]\nExecStart={} {} {}\nKillMode=control-group\n{}",
                        (scratch_.path() / "probe").string(), way, file().string(), settings));
        machine_.systemctl({"daemon-reload"});
        machine_.systemctl({"start", "probe"});
        await(
            "the other program was started, or not", 15s, [&] { return read_file(file()).ends_with('\n'); },
            [&] { return machine_.log(); });
    }
    std::string answer() const { return read_file(file()); }
    bool child_lives() const {
        for (const std::string& line : machine_.processes())
            if (line.find("/probe child") != std::string::npos) return true;
        return false;
    }
    void stop() { machine_.systemctl({"stop", "probe"}); }
    Machine& machine() { return machine_; }

 private:
    fs::path file() const { return scratch_.path() / "answer"; }

    Scratch scratch_{"update-break-away"};
    Machine machine_{scratch_.path() / "machine", {scratch_.path()}};
};

const std::string no_bus = "Environment=DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere\n";

}  // namespace

TEST_CASE("systemd: a child that only forked twice into its own session dies when its service is stopped") {
    UPDATE_NEEDS_SYSTEMD();
    Service service{"plain"};
    REQUIRE(service.child_lives());
    service.stop();
    CHECK_FALSE(service.child_lives());
}

TEST_CASE(
    "systemd: a child that broke away as a unit of its own outlives its service, and leaves no unit behind") {
    UPDATE_NEEDS_SYSTEMD();
    Service service{"unit"};
    CAPTURE(service.answer());
    REQUIRE(service.child_lives());
    service.stop();
    CHECK(service.child_lives());
    const auto helpers = [&] {
        return service.machine().systemctl({"list-units", "--all", "--no-legend", "probe-helper-*"});
    };
    CHECK(helpers() != "");
    service.machine().systemctl({"stop", "probe-helper-*"});
    CHECK(helpers() == "");
    CHECK_FALSE(service.child_lives());
}

TEST_CASE("systemd: without a bus the child leaves the cgroup by itself, and outlives its service") {
    UPDATE_NEEDS_SYSTEMD();
    Service service{"unit", no_bus};
    CAPTURE(service.answer());
    REQUIRE(service.child_lives());
    service.stop();
    CHECK(service.child_lives());
}

TEST_CASE("systemd: where neither way out is open, no child is left and the way is refused") {
    UPDATE_NEEDS_SYSTEMD();
    Service service{"unit", no_bus + "ProtectControlGroups=yes\n"};
    CHECK(service.answer().find("no way out of this service's cgroup") != std::string::npos);
    CHECK_FALSE(service.child_lives());
}
