// What a selection becomes: everything from signed metadata, nothing from whoever selects.
#include "trust/verify.hpp"
#include "world.hpp"

using namespace update;
using namespace update::test;

namespace {

void check_untrusted(const std::optional<Refusal>& refusal, const std::string& why) {
    REQUIRE(refusal.has_value());
    CAPTURE(refusal->message);
    CHECK(refusal->reason == Reason::untrusted);
    CHECK_FALSE(refusal->for_now);
    CHECK(contains(refusal->message, why));
}
void check_refused(const std::optional<Refusal>& refusal, const std::string& why) {
    REQUIRE(refusal.has_value());
    CAPTURE(refusal->message);
    CHECK(refusal->reason == Reason::refused);
    CHECK(contains(refusal->message, why));
}

}  // namespace

TEST_CASE("digest, length, place, epoch and mirrors of a plan are what was signed") {
    World world;
    world.publish(release("1.2.0", 3));
    const auto resolved = world.resolve("1.2.0");
    REQUIRE_MESSAGE(resolved, resolved.error().message());
    const Plan& plan = resolved->plan;
    CHECK(plan.update_id == "u-1");
    CHECK(plan.from_version == "1.0.0");
    CHECK(plan.version == "1.2.0");
    CHECK(plan.vouched_by == VouchedBy::publisher);
    CHECK(plan.channel == "stable");
    CHECK(plan.epoch == 3);
    REQUIRE(plan.artifacts.size() == 1);
    const Artifact& agent = plan.artifacts.front();
    CHECK(agent.install_path == "bin/agent");
    CHECK(agent.size_bytes == 5);
    CHECK(agent.sha256 == world.digest("1.2.0"));
    CHECK(agent.target == "agent/stable/agent-1.2.0");
    CHECK(agent.urls == std::vector<std::string>{std::string{TufRepository::base} + "targets/agent/stable/" +
                                                 to_hex(world.digest("1.2.0")) + ".agent-1.2.0"});
}

TEST_CASE("a list that is signed with another digest than SHA-256 is found by that one") {
    World world;
    const auto bytes = to_json(world.list);
    const auto sha512 = trust::digest_of(world.crypto, DigestKind::sha512, bytes);
    change(world.repository.documents["agent-stable"], {"targets", "agent/stable/releases.json"},
           [&](trust::Json& file) {
               trust::Json hashes;
               hashes.set("sha512", trust::Json{sha512});
               file.set("hashes", std::move(hashes));
           });
    world.repository.publish({"agent-stable", "targets", "snapshot", "timestamp"});
    CHECK_FALSE(world.refusal("1.1.0").has_value());
    CHECK(world.repository.requests.back() == "targets/agent/stable/" + sha512 + ".releases.json");
}

TEST_CASE("a repository that redirects elsewhere is passed over like one that does not answer") {
    World world;
    world.settings.trust.repositories.insert(
        world.settings.trust.repositories.begin(),
        {"http://repository.test/portal/", "http://repository.test/portal/"});
    world.repository.intrude = [](const std::string& path) -> std::optional<Result<std::string>> {
        if (!path.starts_with("portal")) return std::nullopt;
        return Result<std::string>{Error{ErrorCode::refused, "redirected from https to http"}};
    };
    CHECK_FALSE(world.refusal("1.1.0").has_value());
}

TEST_CASE("a version that nobody signed is not there, whoever selects it") {
    World world;
    for (const Asker asker : {Asker::server, Asker::operator_})
        check_untrusted(world.refusal("9.9.9", asker), "not among the signed releases");
    check_untrusted(world.refusal("1.1.0", Asker::server, "nightly"), "not-listed");
}

TEST_CASE("another product is refused before anything is asked") {
    World world;
    world.settings.product = "other";
    check_refused(world.refusal("1.1.0"), "this endpoint has other");
    CHECK(world.repository.requests.empty());
}

TEST_CASE("a release whose epoch is below what was committed is refused, though it is signed") {
    World world;
    world.publish(release("1.2.0", 1));
    world.memory.epoch = 2;
    check_refused(world.refusal("1.2.0"), "security epoch 1 is below 2");
    world.publish(release("1.3.0", 2));
    CHECK_FALSE(world.refusal("1.3.0").has_value());
}

TEST_CASE("a signed permit leads back once, and only the endpoint that it is for") {
    World world;
    world.publish(release("2.0.0", 2));
    world.running = "2.0.0";
    world.memory.epoch = 2;
    check_refused(world.refusal("1.1.0"), "below 2");
    const auto later = world.clock.time.time_since_epoch().count() + 1000;
    world.list.permits = {{"other", "a2", "1.1.0", later}};
    world.sign();
    check_refused(world.refusal("1.1.0"), "below 2");
    world.list.permits = {{"once", "a1", "1.1.0", later}};
    world.sign();
    const auto resolved = world.resolve("1.1.0");
    REQUIRE_MESSAGE(resolved, resolved.error().message());
    CHECK(resolved->plan.permit == "once");
    world.memory = record_commit(world.memory, resolved->plan);
    CHECK(world.memory.epoch == 2);  // the step back does not lower the floor
    check_refused(world.refusal("1.1.0"), "below 2");
}

TEST_CASE("what has expired is not installed, and the message says the class and the cure") {
    World world;
    world.clock.time = *trust::parse_date("2030-01-02T00:00:00Z");
    check_untrusted(world.refusal("1.1.0"), "expired: ");
    CHECK(contains(world.refusal("1.1.0")->message, "updatectl repo resign"));
}

TEST_CASE("what another channel left on the disk goes with the next look at the own one, its floor stays") {
    World world;
    const auto names = [&world] {
        std::vector<std::string> found;
        for (const auto& [path, node] : world.files.nodes)
            if (node->kind == FileInfo::Kind::file && path.generic_string().starts_with("/s/trust/"))
                found.push_back(path.generic_string().substr(9));
        return found;
    };
    const auto has = [&names](const std::string& name) {
        const auto found = names();
        return std::ranges::find(found, name) != found.end();
    };
    world.repository.delegate("targets", "agent-beta", "agent/beta/*", signer(8));
    ReleaseList beta = world.list;
    beta.channel = "beta";
    world.repository.add("agent-beta", "agent/beta/releases.json", to_json(beta));
    world.repository.publish({"agent-beta", "targets", "snapshot", "timestamp"});
    REQUIRE_FALSE(world.refusal("1.1.0", Asker::operator_, "beta"));
    CHECK(has("agent-beta.json"));
    CHECK(has("lists/agent%40beta.json"));
    REQUIRE_FALSE(world.refusal("1.1.0"));
    CHECK(has("agent-stable.json"));
    CHECK(has("lists/agent%40stable.json"));
    CHECK_FALSE(has("agent-beta.json"));
    CHECK_FALSE(has("lists/agent%40beta.json"));
    for (const auto* kept : {"root.json", "timestamp.json", "snapshot.json", "targets.json", "floor"})
        CHECK(has(kept));
    trust::LocalStore store{world.files, world.crypto, world.layout().trust()};
    CHECK(store.floor().targets.contains("agent-beta"));
    // The own channel's stay while somebody selects from another one.
    REQUIRE_FALSE(world.refusal("1.1.0", Asker::operator_, "beta"));
    CHECK(has("agent-stable.json"));
    CHECK(has("lists/agent%40stable.json"));
}

TEST_CASE("a clock from before the program was built keeps nothing alive that has expired since") {
    World world;
    world.clock.time = *trust::parse_date("1970-01-01T00:00:00Z");
    world.clock.built = *trust::parse_date("2030-01-02T00:00:00Z");
    check_untrusted(world.refusal("1.1.0"), "clock-suspect: ");
    CHECK(contains(world.refusal("1.1.0")->message, "set this machine's clock"));
    world.clock.built = *trust::parse_date("2026-01-01T00:00:00Z");
    CHECK_FALSE(world.refusal("1.1.0"));
}

TEST_CASE("a repository that nobody reaches is asked again, and then the update is not begun") {
    World world;
    world.repository.intrude = [](const std::string&) -> std::optional<Result<std::string>> {
        return Error{ErrorCode::retry_later, "no connection"};
    };
    check_untrusted(world.refusal("1.1.0"), "unreachable: ");
    CHECK(world.repository.requests.size() == 3);  // transfer.attempts
    CHECK(contains(world.refusal("1.1.0")->message, "check the network"));
}

TEST_CASE("a release list with another byte than was signed is tampered with") {
    World world;
    world.repository.intrude = [&](const std::string& path) -> std::optional<Result<std::string>> {
        if (!path.ends_with("releases.json")) return std::nullopt;
        std::string list = to_json(world.list);
        list[list.find("1.1.0")] = '9';
        return list;
    };
    check_untrusted(world.refusal("1.1.0"), "tampered: ");
}

TEST_CASE("a list that says another digest than the signed targets is tampered with") {
    World world;
    world.list.releases.front().artifacts.front().sha256 = world.digest("evil");
    world.sign();
    check_untrusted(world.refusal("1.1.0"), "say different things");
}

TEST_CASE("an older timestamp than was seen before is a stale mirror") {
    World world;
    const std::string old = world.repository.latest("timestamp");
    world.publish(release("1.2.0"));
    REQUIRE_FALSE(world.refusal("1.2.0").has_value());
    world.repository.intrude = [&](const std::string& path) -> std::optional<Result<std::string>> {
        if (path != "metadata/timestamp.json") return std::nullopt;
        return old;
    };
    check_untrusted(world.refusal("1.1.0"), "stale-mirror: ");
}

TEST_CASE("a mirror in trouble is passed over, and the next one answers") {
    World world;
    const std::string base = TufRepository::base;
    world.settings.trust.repositories.insert(world.settings.trust.repositories.begin(),
                                             {base + "broken/metadata", base + "broken/targets"});
    world.repository.intrude = [](const std::string& path) -> std::optional<Result<std::string>> {
        if (path.starts_with("broken/")) return std::string{"<html>"};
        return std::nullopt;
    };
    const auto resolved = world.resolve("1.1.0");
    REQUIRE_MESSAGE(resolved, resolved.error().message());
    CHECK(resolved->plan.artifacts.front().urls.size() == 2);
}

TEST_CASE("an attacker's own repository is none, however well it is signed") {
    World world;
    REQUIRE_FALSE(world.refusal("1.1.0").has_value());
    // What a store is worth that somebody exchanged: trust begins with the shipped root, each time.
    TufRepository evil;
    evil.rotate("root", signer(90));
    evil.publish({"root"});
    world.put("/s/trust/root.json", evil.first_root());
    REQUIRE_FALSE(world.refusal("1.1.0").has_value());
    const auto stored = read_text(world.files, "/s/trust/root.json", 1'000'000);
    REQUIRE(stored.has_value());
    CHECK(*stored == world.repository.first_root());
}

TEST_CASE("an endpoint that changes from beta to stable keeps the newer version until stable overtakes it") {
    World world;
    world.running = "1.2.0-beta.1";
    check_refused(world.refusal("1.1.0"), "older than 1.2.0-beta.1");
    check_refused(world.refusal(""), "no release");
    world.publish(release("1.2.0"));
    const auto resolved = world.resolve("");
    REQUIRE_MESSAGE(resolved, resolved.error().message());
    CHECK(resolved->plan.version == "1.2.0");
}

TEST_CASE("hold, pin and minimum version bind a server's selection, the window only delays it") {
    World world;
    world.publish(release("1.2.0"));
    SUBCASE("hold") {
        world.settings.policy.hold = true;
        check_refused(world.refusal("1.1.0"), "updates are held");
    }
    SUBCASE("pin") {
        world.settings.policy.pin = "1.2.0";
        check_refused(world.refusal("1.1.0"), "1.2.0 is pinned");
        CHECK_FALSE(world.refusal("1.2.0").has_value());
    }
    SUBCASE("minimum version") {
        world.settings.policy.minimum_version = "1.2.0";
        check_refused(world.refusal("1.1.0"), "below the minimum version");
    }
    SUBCASE("channel") {
        world.settings.policy.channel = "beta";
        check_refused(world.refusal("1.1.0"), "configured for beta");
        CHECK_FALSE(world.refusal("1.1.0", Asker::operator_).has_value());
    }
    SUBCASE("window") {  // it is Thursday, midnight
        world.settings.policy.windows = {"sun 02:00-03:00"};
        REQUIRE(world.refusal("1.1.0").has_value());
        CHECK(world.refusal("1.1.0")->for_now);
        CHECK(world.repository.requests.empty());
        CHECK_FALSE(world.refusal("1.1.0", Asker::operator_).has_value());
        world.settings.policy.windows = {"thu 00:00-01:00"};
        CHECK_FALSE(world.refusal("1.1.0").has_value());
    }
}

TEST_CASE("a refresh that somebody cancels ends at once, and is no verdict on the release") {
    World world;
    world.channel.signal = Signal{.kind = Signal::Kind::cancelled, .update_id = "u-1"};
    REQUIRE(world.refusal("1.1.0").has_value());
    world.channel.signal = Signal{.kind = Signal::Kind::cancelled, .update_id = "u-1"};
    CHECK(world.refusal("1.1.0")->reason == Reason::cancelled);
}
