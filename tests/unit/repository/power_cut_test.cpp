// The publisher's folder when the plug is pulled at any of its changes, whatever the disk then has of what
// was not flushed. Keys that cost nothing to open make room for all points.
#include <doctest/doctest.h>

#include "crypto/openssl_cryptography.hpp"
#include "crypto/openssl_keysmith.hpp"
#include "repository/bundle.hpp"
#include "repository/publisher.hpp"
#include "repository/rehearsal.hpp"
#include "support/lossy_files.hpp"
#include "transfer/file_http.hpp"
#include "trust/instant.hpp"

using namespace update;
using namespace update::test;
using repository::Publisher;

namespace {

constexpr std::uint64_t seeds = 3;

struct SetClock : Clock {
    WallTime time = *trust::parse_date("2026-01-01T00:00:00Z");
    Instant now() const override { return {}; }
    WallTime wall() const override { return time; }
    std::string boot_id() const override { return "boot"; }
};

/// Real keys; their files only say which.
class QuickSmith : public Keysmith {
    using Shared = std::shared_ptr<LocalKey>;
    class Named : public LocalKey {
     public:
        Named(Shared key, std::size_t number) : key_{std::move(key)}, number_{number} {}
        const PublicKey& public_key() const override { return key_->public_key(); }
        Result<std::string> sign(std::string_view message) override { return key_->sign(message); }
        Result<std::string> to_pem(std::string_view) const override {
            return "key " + std::to_string(number_);
        }

     private:
        Shared key_;
        std::size_t number_;
    };

 public:
    Result<std::unique_ptr<LocalKey>> generate(KeyScheme scheme) override {
        UPDATE_TRY(key, smith_.generate(scheme), "quick");
        keys_.emplace_back(std::move(key));
        return std::unique_ptr<LocalKey>{std::make_unique<Named>(keys_.back(), keys_.size() - 1)};
    }
    Result<std::unique_ptr<LocalKey>> load(std::string_view pem, std::string_view) override {
        if (!pem.starts_with("key ")) return Error{ErrorCode::refused, "no key"};
        const auto number = std::stoul(std::string{pem.substr(4)});
        return std::unique_ptr<LocalKey>{std::make_unique<Named>(keys_.at(number), number)};
    }
    Result<PublicKey> read_public(std::string_view pem) override { return smith_.read_public(pem); }

 private:
    OpensslKeysmith smith_;
    std::vector<Shared> keys_;
};

struct NoLocks : Locks {
    Result<std::unique_ptr<Lock>> try_lock(const Path&) override { return std::make_unique<Lock>(); }
};

struct Machine {
    LossyFiles files;
    SetClock clock;
    OpensslCryptography crypto;
    QuickSmith smith;
    NoLocks locks;
    repository::RehearsedProcesses processes;

    Machine() {
        LossyFiles::Content all{{"/publisher", {FileInfo::Kind::directory, {}}}};
        for (const auto* version : {"1.0.0", "1.1.0"})
            all[std::string{"/publisher/agent-"} + version] = {FileInfo::Kind::file,
                                                               std::string{"program "} + version};
        files.begin_with(all);
        auto publisher = open();
        REQUIRE(publisher->init({}));
        REQUIRE(add("1.0.0"));
        REQUIRE(publisher->publish({"agent", "1.0.0", "stable"}));
        REQUIRE(add("1.1.0"));
        files.begin_with(files.content());
    }
    std::unique_ptr<Publisher> open() {
        auto opened =
            Publisher::open({files, files, locks, clock, crypto, smith, processes}, "/publisher/repo",
                            [] { return Result<std::string>{std::string{"words"}}; });
        INFO((opened ? std::string{} : opened.error().message()));
        REQUIRE(opened);
        return std::move(*opened);
    }
    Status add(const std::string& version) {
        repository::ArtifactWish wish{"/publisher/agent-" + version, {}};
        wish.artifact = {Role::agent, "linux", "x86_64", "bin/agent", {}, 0, {}, false};
        auto publisher = open();
        return publisher->add("agent", version, {wish});
    }
    std::string problems() {
        FileHttp http{files};
        const auto found = repository::check_tree({http, files, clock, crypto}, "/publisher/repo/public",
                                                  "/publisher/repo/check");
        if (!found) return found.error().message();
        std::string text;
        for (const auto& problem : *found) text += problem + "; ";
        return text;
    }
};

/// @param go_on  what the publisher does when the machine is on again; ends with nothing that waits
void cut_everywhere(const std::function<bool(Publisher&)>& work, const std::function<void(Machine&)>& go_on) {
    Machine machine;
    const auto before = machine.files.content();
    unsigned at = 0;
    for (bool finished = false; !finished; ++at)
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            INFO("cut at change " << at << ", seed " << seed);
            machine.files.begin_with(before);
            const auto publisher = machine.open();
            machine.files.pull_the_plug_at(at);
            try {
                const bool worked = work(*publisher);
                CHECK(worked);
                finished = true;
            } catch (const PlugPulled&) {}
            machine.files.power_on(seed);
            REQUIRE(machine.problems().empty());
            go_on(machine);
            REQUIRE(machine.problems().empty());
        }
    CHECK(at > 30);
}

}  // namespace

TEST_CASE(
    "a power cut at any change of a publication leaves a tree that is whole, and it goes on afterwards") {
    const repository::PublishWish wish{"agent", "1.1.0", "beta"};
    cut_everywhere([&](Publisher& publisher) { return bool{publisher.publish(wish)}; },
                   [&](Machine& machine) {
                       const auto waits = machine.open()->publish(wish);
                       INFO((waits ? std::string{} : waits.error().message()));
                       REQUIRE(waits);
                       CHECK(waits->empty());
                       CHECK(machine.open()->list("agent", "beta")->releases.size() == 1);
                   });
}

TEST_CASE("a power cut at any change of a rotation leaves a tree that is whole, and it goes on afterwards") {
    cut_everywhere([](Publisher& publisher) { return bool{publisher.rotate(trust::TopRole::timestamp)}; },
                   [](Machine& machine) {
                       (void)machine.open()->sign();  // where something waits
                       const auto signed_again = machine.open()->resign(std::chrono::hours{0});
                       INFO((signed_again ? std::string{} : signed_again.error().message()));
                       CHECK(signed_again);
                   });
}

TEST_CASE("a power cut at any change of a yank and of gc loses nothing that was published") {
    cut_everywhere(
        [](Publisher& publisher) {
            return publisher.yank("agent", "1.0.0", "stable") &&
                   publisher.collect_garbage({std::chrono::hours{0}, std::chrono::hours{0}});
        },
        [](Machine& machine) {
            REQUIRE(machine.add("1.1.0"));
            const auto waits = machine.open()->publish({"agent", "1.1.0", "stable"});
            INFO((waits ? std::string{} : waits.error().message()));
            REQUIRE(waits);
            CHECK(machine.open()->collect_garbage({std::chrono::hours{0}}));
        });
}

TEST_CASE("a power cut at any change of init leaves no repository, which can begin then, or a whole one") {
    Machine machine;
    unsigned at = 0, whole = 0;
    for (bool finished = false; !finished; ++at)
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            INFO("cut at change " << at << ", seed " << seed);
            machine.files.begin_with({{"/publisher", {FileInfo::Kind::directory, {}}}});
            machine.files.pull_the_plug_at(at);
            try {
                finished = bool{machine.open()->init({})};
            } catch (const PlugPulled&) {}
            machine.files.power_on(seed);
            if (bool{machine.open()->init({})}) continue;
            ++whole;
            CHECK(machine.problems().empty());
            CHECK(machine.open()->resign(std::chrono::hours{0}));
        }
    CHECK(at > 30);
    CHECK(whole > 0);
}
