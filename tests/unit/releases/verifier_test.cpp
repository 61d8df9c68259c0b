// Whoever applies an update finds out for himself who vouches for it: a plan that somebody wrote is worth
// nothing.
#include "journal/policy_file.hpp"
#include "world.hpp"

using namespace update;
using namespace update::test;

namespace {

void check_refused(const Result<VerifiedArtifacts>& proof, const std::string& why) {
    REQUIRE_FALSE(proof.has_value());
    const auto message = proof.error().message();
    CAPTURE(message);
    CHECK((proof.error().code() == ErrorCode::refused || proof.error().code() == ErrorCode::corrupt ||
           proof.error().code() == ErrorCode::not_found));
    CHECK(contains(message, why));
}

}  // namespace

TEST_CASE("the plan of a signed release is vouched for by the files beside it, without a network") {
    World world;
    const Plan plan = world.begin("1.1.0");
    const auto asked = world.repository.requests.size();
    const auto proof = world.prove(plan);
    REQUIRE_MESSAGE(proof, proof.error().message());
    REQUIRE(proof->size() == 1);
    CHECK(proof->front().artifact() == plan.artifacts.front());
    CHECK(proof->front().index() == 0);
    CHECK(world.repository.requests.size() == asked);
}

TEST_CASE("a plan that differs from the signed release in anything but the mirrors is refused") {
    World world;
    world.publish(release("1.2.0", 4));
    const Plan good = world.begin("1.2.0");
    Plan other = good;
    other.artifacts.front().urls = {"https://elsewhere.example/agent"};
    CHECK(world.prove(other).has_value());
    const auto forged = [&](auto&& change) {
        Plan plan = good;
        change(plan);
        return world.prove(plan);
    };
    const std::string differs = "not what the signed release";
    check_refused(forged([&](Plan& p) { p.artifacts.front().sha256 = world.digest("evil"); }), differs);
    check_refused(forged([](Plan& p) { ++p.artifacts.front().size_bytes; }), differs);
    check_refused(forged([](Plan& p) { p.artifacts.front().install_path = "bin/other"; }), differs);
    check_refused(forged([](Plan& p) { p.artifacts.front().self_test = false; }), differs);
    check_refused(forged([](Plan& p) { p.artifacts.front().role = Role::file; }), differs);
    check_refused(forged([](Plan& p) { p.artifacts.push_back(p.artifacts.front()); }), differs);
    check_refused(forged([](Plan& p) { p.artifacts.clear(); }), differs);
    check_refused(forged([](Plan& p) { p.epoch = 9; }), differs);
    check_refused(forged([](Plan& p) { p.version = "7.7.7"; }), "not among the signed releases");
    check_refused(forged([](Plan& p) { p.version = "1.1.0"; }), differs);
    check_refused(forged([](Plan& p) { p.product = "other"; }), "the plan is for other");
    check_refused(forged([](Plan& p) { p.channel = "beta"; }), "no trusted role lists");
    check_refused(forged([](Plan& p) { p.permit = "mine"; }), "nobody signed the permit");
    check_refused(forged([](Plan& p) { p.vouched_by = VouchedBy::operator_; }), "nobody signed it");
    check_refused(forged([](Plan& p) { p.vouched_by = VouchedBy::endpoint; }), "previous version");
    check_refused(forged([](Plan& p) { p.update_id = "u-2"; }), "no signed file lies beside");
}

TEST_CASE("signed files that were changed, cut or exchanged vouch for nothing") {
    World world;
    const Plan plan = world.begin("1.1.0");
    const Path file = world.layout().vouchers("u-1");
    const std::string good = *read_text(world.files, file, 1'000'000);
    SUBCASE("a byte of the list") {
        std::string bad = good;
        bad.replace(bad.find("bin/agent"), 9, "bin/evil!");
        world.put(file, bad);
        check_refused(world.prove(plan), "");
    }
    SUBCASE("cut") {
        world.put(file, good.substr(0, good.size() / 2));
        check_refused(world.prove(plan), "signed files");
    }
    SUBCASE("those of another publisher") {
        World other;
        other.repository.rotate("root", signer(91));
        const auto resolved = other.resolve("1.1.0");
        auto vouchers = *parse_vouchers(good);
        TufRepository evil;
        for (const auto* role : {"timestamp", "snapshot", "targets"}) {
            evil.rotate(role, signer(92));
            vouchers.roles[role] = evil.sign(role);
        }
        world.put(file, to_json(vouchers));
        check_refused(world.prove(plan), "");
    }
}

namespace {

/// Counts the keys that are asked for: proofs of signatures need them.
struct CountedCryptography : OpensslCryptography {
    int keys = 0;
    Result<std::unique_ptr<VerifyingKey>> verifying_key(KeyScheme scheme, const std::string& text) override {
        ++keys;
        return OpensslCryptography::verifying_key(scheme, text);
    }
};

}  // namespace

TEST_CASE("what was proven is not proven again by the same process, unless a byte of it changed") {
    World world;
    const Plan plan = world.begin("1.1.0");
    const Layout layout = world.layout();
    CountedCryptography crypto;
    SignedVerifier verifier{world.settings, layout, world.machine, world.files, world.clock, crypto};
    const auto keys_for = [&](const Plan& wanted, Expiry expiry) {
        crypto.keys = 0;
        (void)verifier.prove(wanted, expiry);
        return crypto.keys;
    };
    REQUIRE(verifier.prove(plan, Expiry::judged));
    CHECK(keys_for(plan, Expiry::passed_over) == 0);
    CHECK(verifier.prove(plan, Expiry::passed_over));
    CHECK(keys_for(plan, Expiry::judged) > 0);  // a date may have come meanwhile

    Plan other = plan;
    ++other.artifacts.front().size_bytes;
    check_refused(verifier.prove(other, Expiry::passed_over), "not what the signed release");
    CHECK(verifier.prove(plan, Expiry::passed_over));

    const std::string good = *read_text(world.files, layout.vouchers("u-1"), 1'000'000);
    std::string bad = good;
    bad.replace(bad.find("bin/agent"), 9, "bin/evil!");
    world.put(layout.vouchers("u-1"), bad);
    check_refused(verifier.prove(plan, Expiry::passed_over), "");
    world.put(layout.vouchers("u-1"), good);
    world.put(world.settings.trust.root, TufRepository{}.first_root() + " ");
    CHECK(keys_for(plan, Expiry::passed_over) > 0);

    PolicyMemory memory;
    memory.epoch = 1;
    world.put("/etc/root.json", world.repository.first_root());
    REQUIRE(verifier.prove(plan, Expiry::passed_over));
    world.put(layout.policy(), to_json(memory));
    check_refused(verifier.prove(plan, Expiry::passed_over), "security epoch 0 of 1.1.0 is below 1");
}

TEST_CASE("an old release that is signed still is refused where a higher epoch was committed") {
    World world;
    const Plan old = world.begin("1.1.0");
    PolicyMemory memory;
    memory.epoch = 1;
    world.put(world.layout().policy(), to_json(memory));
    check_refused(world.prove(old), "security epoch 0 of 1.1.0 is below 1");
    memory.epoch = 0;
    world.put(world.layout().policy(), to_json(memory));
    CHECK(world.prove(old).has_value());
}

TEST_CASE("a permit leads back once, on its endpoint, in its time, and never longer than its list says") {
    World world;
    const auto until = world.clock.time.time_since_epoch().count() + 1'000;
    world.list.permits = {{"back-1", "a1", "1.1.0", until}, {"back-2", "a2", "1.1.0", until}};
    world.sign();
    world.running = "1.2.0";
    Plan plan = world.begin("1.1.0");
    REQUIRE(plan.permit == "back-1");
    REQUIRE(world.prove(plan).has_value());
    SUBCASE("used up") {
        PolicyMemory memory;
        memory.used_permits = {"back-1"};
        world.put(world.layout().policy(), to_json(memory));
        check_refused(world.prove(plan), "the permit back-1 is used up");
    }
    SUBCASE("of another endpoint") {
        plan.permit = "back-2";
        check_refused(world.prove(plan), "meant for another endpoint");
    }
    SUBCASE("over") {
        world.clock.time += std::chrono::seconds{1};
        check_refused(world.prove(plan), "the permit back-1 is over");
        CHECK(world.prove(plan, Expiry::passed_over).has_value());
    }
}

TEST_CASE("a committed epoch is known still when policy.json is lost") {
    World world;
    const Plan old = world.begin("1.1.0");
    PolicyMemory memory;
    memory.epoch = 1;
    REQUIRE(store_policy_memory(world.files, world.layout(), memory));
    REQUIRE(world.files.remove(world.layout().policy()));
    check_refused(world.prove(old), "security epoch 0 of 1.1.0 is below 1");
}

TEST_CASE("metadata that expires after the beginning stops what is not installed yet, and nothing else") {
    World world;
    const Plan plan = world.begin("1.1.0");
    world.clock.time = *trust::parse_date("2030-01-02T00:00:00Z");
    check_refused(world.prove(plan, Expiry::judged), "expired");
    CHECK(world.prove(plan, Expiry::passed_over).has_value());
    world.clock.built = world.clock.time;
    world.clock.time = {};
    check_refused(world.prove(plan, Expiry::judged), "expired");
}

TEST_CASE("a new root since the shipped one is followed, step by step") {
    World world;
    world.repository.rotate("root", signer(20));
    world.repository.signers["root"].push_back(signer(0));
    world.repository.publish({"root", "snapshot", "timestamp"});
    const Plan plan = world.begin("1.1.0");
    CHECK(world.prove(plan).has_value());
    auto vouchers = *parse_vouchers(*read_text(world.files, world.layout().vouchers("u-1"), 1'000'000));
    CHECK(vouchers.roots.size() == 1);
}

TEST_CASE("the way back to the kept version needs no metadata, and names nothing but what is kept") {
    World world;
    Plan kept{"previous", "agent", "1.1.0", "1.0.0", {}};
    kept.vouched_by = VouchedBy::endpoint;
    kept.artifacts = {{Role::agent, "bin/agent", 3, world.digest("old"), {"file:///s/previous/0"}, true, ""}};
    world.put("/s/previous/0", "old");
    world.put("/s/previous/plan.json", to_json(kept));
    world.files.nodes.erase("/etc/root.json");
    Plan back = kept;
    back.update_id = "rollback-1";
    CHECK(world.prove(back).has_value());
    back.artifacts.front().sha256 = world.digest("evil");
    check_refused(world.prove(back), "not that of the previous version");
    kept.artifacts.front().urls = {"file:///tmp/evil"};
    world.put("/s/previous/plan.json", to_json(kept));
    kept.update_id = "rollback-1";
    check_refused(world.prove(kept), "names files elsewhere");
}

TEST_CASE("an operator's own files are installed only where unsigned files are allowed, and only from here") {
    World world;
    Plan own{"cli-1", "agent", "1.0.0", "1.1.0", {}};
    own.artifacts = {
        {Role::agent, "bin/agent", 3, world.digest("own"), {"file:///elsewhere/agent"}, true, ""}};
    check_refused(world.prove(own), "nobody signed it");
    world.settings.trust.mode = TrustMode::unsigned_;
    CHECK(world.prove(own).has_value());
    own.artifacts.front().urls = {"https://updates.example/agent"};
    check_refused(world.prove(own), "must lie on this machine");
}

TEST_CASE("a root that everybody may write to is no beginning of trust") {
    World world;
    const Plan plan = world.begin("1.1.0");
    world.settings.trust.root = "/nowhere/root.json";
    check_refused(world.prove(plan), "there is no /nowhere/root.json");
    world.settings.trust.root.clear();
    check_refused(world.prove(plan), "no trust.root is configured");
}
