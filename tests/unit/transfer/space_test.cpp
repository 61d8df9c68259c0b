#include "transfer/space.hpp"

#include <doctest/doctest.h>

#include "support/memory_files.hpp"

namespace update {
namespace {

constexpr std::uint64_t slack = 1024 * 1024;

/// The volume of a path is that of its longest known prefix.
class KnownVolumes : public Volumes {
 public:
    std::vector<std::pair<std::string, Space>> volumes;
    Result<Space> space(const Path& path) override {
        for (const auto& [prefix, space] : volumes)
            if (path.string().substr(0, prefix.size()) == prefix) return space;
        return Error{ErrorCode::not_found, path.string()};
    }
};

struct Machine {
    test::MemoryFiles files;
    KnownVolumes volumes;
    Layout layout{"/var/state", "/opt/agent"};
    Plan plan;

    Machine() {
        plan.update_id = "u1";
        add("bin/agent", 1000);
    }
    void add(const std::string& path, std::uint64_t size) {
        Artifact artifact;
        artifact.install_path = path;
        artifact.size_bytes = size;
        plan.artifacts.push_back(artifact);
    }
    void one_volume(std::uint64_t free) { volumes.volumes = {{"/", {1, free}}}; }
    void two_volumes(std::uint64_t state_free, std::uint64_t install_free) {
        volumes.volumes = {{"/opt", {2, install_free}}, {"/", {1, state_free}}};
    }
    Status check() { return check_space(plan, layout, volumes, files); }
};

}  // namespace

TEST_CASE("on one volume an update needs its bytes once: staging is a rename, the backup a link") {
    Machine machine;
    machine.one_volume(1000 + slack);
    CHECK(machine.check().has_value());
    machine.one_volume(999 + slack);
    CHECK_FALSE(machine.check().has_value());
}

TEST_CASE("a lack of space says what is needed, what there is, and where") {
    Machine machine;
    machine.one_volume(500);
    const auto status = machine.check();
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().code() == ErrorCode::no_space);
    CHECK(status.error().evidence().need_bytes == 1000 + slack);
    CHECK(status.error().evidence().have_bytes == 500);
    CHECK(status.error().message().find("/var/state") != std::string::npos);
}

TEST_CASE("on two volumes an update needs its bytes on both") {
    Machine machine;
    machine.two_volumes(1000 + slack, 1000 + slack);
    CHECK(machine.check().has_value());
    machine.two_volumes(1000 + slack, 999 + slack);
    const auto status = machine.check();
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().message().find((Path{"/opt/agent"} / "bin").string()) != std::string::npos);
}

TEST_CASE("the artifacts of a set are summed up") {
    Machine machine;
    machine.add("bin/tray", 500);
    machine.one_volume(1500 + slack);
    CHECK(machine.check().has_value());
    machine.one_volume(1499 + slack);
    CHECK_FALSE(machine.check().has_value());
}

TEST_CASE("bytes that an earlier run has downloaded are not needed again") {
    Machine machine;
    machine.files.put(machine.layout.partial("u1", 0), std::vector<std::byte>(400));
    machine.one_volume(600 + slack);
    CHECK(machine.check().has_value());
    machine.one_volume(599 + slack);
    CHECK_FALSE(machine.check().has_value());
}

TEST_CASE("a file to replace that cannot be looked at is counted as a copy") {
    Machine machine;
    machine.files.unreadable["/opt/agent/bin/agent"] = ErrorCode::permission;
    machine.one_volume(2000 + slack);
    CHECK(machine.check().has_value());
    machine.one_volume(1999 + slack);
    CHECK_FALSE(machine.check().has_value());
}

TEST_CASE("sums beyond 32 and 64 bits do not wrap around") {
    Machine machine;
    machine.plan.artifacts[0].size_bytes = (1ULL << 32) + 1;
    machine.one_volume((1ULL << 32) + slack);
    CHECK_FALSE(machine.check().has_value());
    machine.one_volume((1ULL << 32) + 1 + slack);
    CHECK(machine.check().has_value());
    machine.plan.artifacts[0].size_bytes = ~0ULL - 5;
    machine.add("bin/tray", 100);
    CHECK_FALSE(machine.check().has_value());
}

}  // namespace update
