// One endpoint and one publisher, in memory: what he signs, what a mirror makes of it, what the endpoint
// does.
#pragma once
#include <doctest/doctest.h>

#include "crypto/openssl_hashing.hpp"
#include "durable/durable.hpp"
#include "releases/refusal.hpp"
#include "releases/releases.hpp"
#include "releases/signed_verifier.hpp"
#include "support/memory_files.hpp"
#include "support/tuf_repository.hpp"
#include "trust/instant.hpp"

namespace update::test {

struct SetClock : Clock {
    WallTime time = *trust::parse_date("2026-01-01T00:00:00Z");
    Instant awake{};
    Instant now() const override { return awake; }
    WallTime wall() const override { return time; }
    WallTime built{};
    WallTime built_at() const override { return built; }
    std::string boot_id() const override { return "boot"; }
};
struct PassingTime : Channel {
    SetClock& clock;
    std::optional<Signal> signal;
    explicit PassingTime(SetClock& c) : clock{c} {}
    Signal wait(Instant until) override {
        if (signal) return *std::exchange(signal, {});
        clock.awake = std::max(clock.awake, until);
        return {};
    }
    Status ask_watchdog_to_update(const std::string&) override { return Error{ErrorCode::bug, "not asked"}; }
    Status ping_watchdog() override { return Error{ErrorCode::bug, "not asked"}; }
};
struct NoRandom : Random {
    std::uint64_t below(std::uint64_t) override { return 0; }
};
inline Release release(const std::string& version, std::uint64_t epoch = 0) {
    Release r;
    r.version = version;
    r.epoch = epoch;
    return r;
}

struct World {
    TufRepository repository;
    MemoryFiles files;
    SetClock clock;
    PassingTime channel{clock};
    NoRandom random;
    OpensslHashing hashing;
    OpensslCryptography crypto;
    Settings settings;
    Machine machine;
    PolicyMemory memory;
    std::string running = "1.0.0";
    ReleaseList list{"agent", "stable", {}, {}};

    World() {
        settings.product = "agent";
        settings.agent_id = "a1";
        settings.install_root = "/i";
        settings.state_dir = "/s";
        settings.programs.front().path = "bin/agent";
        settings.transfer.attempts = 3;
        settings.trust.root = "/etc/root.json";
        const std::string base = TufRepository::base;
        settings.trust.repositories = {{base + "metadata", base + "targets"}};
        put("/etc/root.json", repository.first_root());
        repository.delegate("targets", "agent-stable", "agent/stable/*", signer(7));
        publish(release("1.1.0"));
    }

    Layout layout() const { return Layout{settings}; }
    void put(const Path& path, std::string_view text) {
        const auto bytes = std::as_bytes(std::span{text});
        files.put(path, {bytes.begin(), bytes.end()});
    }

    /// Each release has one program, whose bytes are its version.
    void publish(Release r) {
        const std::string target = "agent/stable/agent-" + r.version;
        repository.add("agent-stable", target, r.version);
        r.artifacts = {
            {Role::agent, "linux", "x86_64", "bin/agent", target, r.version.size(), digest(r.version), true}};
        std::erase_if(list.releases, [&r](const Release& other) { return other.version == r.version; });
        list.releases.push_back(std::move(r));
        sign();
    }
    void sign() {
        repository.add("agent-stable", "agent/stable/releases.json", to_json(list));
        repository.publish({"agent-stable", "targets", "snapshot", "timestamp"});
    }
    Sha256 digest(const std::string& bytes) {
        const auto stream = hashing.sha256();
        stream->update(std::as_bytes(std::span{bytes}));
        return stream->finish();
    }

    Result<Resolved> resolve(const std::string& version, Asker asker = Asker::server,
                             const std::string& wanted_channel = "stable") {
        const Layout where = layout();
        (void)files.make_private_directory(settings.state_dir);
        Releases releases{
            settings, where, machine, {files, clock, repository, channel, random, hashing, crypto}};
        return releases.resolve({"u-1", "agent", wanted_channel, version}, running, memory, asker);
    }
    /// Why it is refused; none: it is not.
    std::optional<Refusal> refusal(const std::string& version, Asker asker = Asker::server,
                                   const std::string& wanted_channel = "stable") {
        const auto resolved = resolve(version, asker, wanted_channel);
        return resolved ? std::nullopt : std::optional{refusal_of(resolved.error())};
    }

    /// What an engine keeps of it.
    Plan begin(const std::string& version) {
        const auto resolved = resolve(version);
        REQUIRE_MESSAGE(resolved, resolved.error().message());
        put(layout().vouchers("u-1"), to_json(resolved->vouchers));
        return resolved->plan;
    }
    Result<VerifiedArtifacts> prove(const Plan& plan, Expiry expiry = Expiry::judged) {
        const Layout where = layout();
        SignedVerifier verifier{settings, where, machine, files, clock, crypto};
        return verifier.prove(plan, expiry);
    }
};

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace update::test
