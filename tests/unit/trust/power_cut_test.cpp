// The store when the plug is pulled at any of its changes, whatever the disk then has of what was not
// flushed.
#include <doctest/doctest.h>

#include "support/lossy_files.hpp"
#include "unit/trust/client_world.hpp"

using namespace update;
using namespace update::test;

namespace {

constexpr std::uint64_t seeds = 16;  // every other one polls

struct Machine {
    TufRepository repository, older = repository;
    LossyFiles files;
    SetClock clock;
    OpensslCryptography crypto;

    Machine() {
        files.begin_with({{"/store", {FileInfo::Kind::directory, {}}}});
        REQUIRE(client().establish(repository.first_root()));
        repository.publish_all();
        REQUIRE(client().refresh());
    }
    trust::Client client() { return client_of(repository); }
    trust::Client client_of(TufRepository& served) {
        const std::string base = TufRepository::base;
        return {{served, files, clock, crypto}, "/store", {base + "metadata", base + "targets"}, {}};
    }
};

}  // namespace

TEST_CASE("a power cut at any change of the store leaves one that the next refresh goes on from") {
    for (const bool rotated : {false, true}) {
        Machine machine;
        const auto before = machine.files.content();
        machine.repository.publish_all();
        if (rotated) machine.repository.restart_with_new_keys();
        unsigned at = 0;
        for (bool finished = false; !finished; ++at)
            for (std::uint64_t seed = 0; seed < seeds; ++seed) {
                INFO("rotated " << rotated << ", cut at change " << at << ", seed " << seed);
                machine.files.begin_with(before);
                machine.files.pull_the_plug_at(at);
                try {
                    finished = bool{machine.client().refresh()};
                } catch (const PlugPulled&) {}
                machine.files.power_on(seed);
                CHECK_FALSE(machine.client_of(machine.older).refresh());  // no way back to what was before
                auto again = machine.client();
                const auto status = seed % 2 == 0 ? again.refresh() : again.refresh_if_changed();
                INFO((status ? std::string{} : status.error().message()));
                REQUIRE(status);
                CHECK(again.trusted()->timestamp()->version == (rotated ? 1 : 3));
            }
        CHECK(at > 20);
    }
}

TEST_CASE("a power cut at any change while trust begins leaves no store, or one that trusts this root") {
    Machine machine;
    unsigned at = 0;
    for (bool finished = false; !finished; ++at)
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            INFO("cut at change " << at << ", seed " << seed);
            machine.files.begin_with({{"/store", {FileInfo::Kind::directory, {}}}});
            machine.files.pull_the_plug_at(at);
            try {
                finished = bool{machine.client().establish(machine.repository.first_root())};
            } catch (const PlugPulled&) {}
            machine.files.power_on(seed);
            if (!finished && !machine.client().refresh())
                REQUIRE(machine.client().establish(machine.repository.first_root()));
            const auto status = machine.client().refresh();
            INFO((status ? std::string{} : status.error().message()));
            CHECK(status);
        }
    CHECK(at > 5);
}
