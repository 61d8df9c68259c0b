// Somebody who can write where the client keeps what it trusts (the same account, or a disk that lies)
// renames, writes, links and makes pipes there as fast as he can, and brings a root and a repository of his
// own. Whatever the client reads meanwhile: what is installed is what the shipped root's publisher signed, or
// nothing; nothing outside changes; and when he is gone, the store heals.
#include <atomic>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/openssl_hashing.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/random.hpp"
#include "releases/releases.hpp"
#include "support/process.hpp"
#include "support/tuf_repository.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

namespace {

struct NoSignals : Channel {
    Signal wait(Instant) override { return {}; }
    Status ask_watchdog_to_update(const std::string&) override { return Error{ErrorCode::bug, "not asked"}; }
    Status ping_watchdog() override { return Error{ErrorCode::bug, "not asked"}; }
};

/// A publisher of agent on stable.
struct Publisher {
    TufRepository repository;
    ReleaseList list{"agent", "stable", {}, {}};
    OpensslHashing hashing;

    explicit Publisher(unsigned keys) {
        if (keys != 0)
            for (const auto* role : {"root", "timestamp", "snapshot", "targets"})
                repository.signers[role] = {signer(keys)};
        repository.delegate("targets", "agent-stable", "agent/stable/*", signer(keys + 1));
    }
    void publish(const std::string& version, const std::string& content) {
        const auto target = "agent/stable/agent-" + version;
        const auto stream = hashing.sha256();
        stream->update(std::as_bytes(std::span{content}));
        Release release;
        release.version = version;
        release.artifacts = {
            {Role::agent, "", "", "bin/agent", target, content.size(), stream->finish(), true}};
        list.releases = {release};
        repository.add("agent-stable", target, content);
        repository.add("agent-stable", "agent/stable/releases.json", to_json(list));
        repository.publish({"agent-stable", "targets", "snapshot", "timestamp"});
    }
};

/// What he lays there: everything that is signed by somebody, cut, empty, or no file at all.
std::vector<std::pair<std::string, std::string>> evil_files(const TufRepository& honest,
                                                            const TufRepository& own) {
    std::vector<std::pair<std::string, std::string>> files;
    for (const auto* repository : {&honest, &own})
        for (const auto& [role, versions] : repository->served)
            for (const auto& bytes : {versions.front(), versions.back(), versions.back().substr(0, 40)})
                files.emplace_back(role + ".json", bytes);
    files.emplace_back("roots/2.root.json", own.served.at("root").back());
    files.emplace_back("lists/agent%40stable.json", "{}");
    files.emplace_back("floor", "{");
    files.emplace_back("floor", "");
    files.emplace_back("etag", std::string(600, 'x'));
    return files;
}

[[noreturn]] void attack(const fs::path& store, const fs::path& victim,
                         const std::vector<std::pair<std::string, std::string>>& files,
                         std::atomic<std::uint64_t>& moves) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (std::uint64_t n = 0;; ++n) {
        const auto& [name, bytes] = files[n % files.size()];
        const fs::path path = store / name;
        const fs::path other = store / files[n * 7 % files.size()].first, aside = store / "aside";
        switch (n % 9) {
            case 0:
                (void)::unlink(path.c_str());
                (void)::symlink(victim.c_str(), path.c_str());
                break;
            case 1:
                (void)::unlink(path.c_str());
                (void)::mkfifo(path.c_str(), 0600);
                break;
            case 2:
                (void)::unlink(path.c_str());
                (void)::link(victim.c_str(), path.c_str());
                break;
            case 3:
                (void)::syscall(SYS_renameat2, AT_FDCWD, path.c_str(), AT_FDCWD, other.c_str(),
                                RENAME_EXCHANGE);
                break;
            case 4:
                (void)::rename(path.c_str(), aside.c_str());
                (void)::mkdir(path.c_str(), 0700);
                (void)::rmdir(path.c_str());
                break;
            default: {
                const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
                if (file < 0) break;
                struct ::stat status {};
                // Not through a link of his own: he may write to what he changes here, and to nothing else.
                if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1) {
                    (void)!::write(file, bytes.data(), bytes.size());
                    (void)!::ftruncate(file, static_cast<::off_t>(bytes.size()));
                }
                ::close(file);
            }
        }
        moves.fetch_add(1, std::memory_order_relaxed);
        // In bursts, and now and then none for a while: he must meet every moment of a refresh, whole ones
        // too.
        if (n % 40 == 39) {
            const ::timespec pause{0, static_cast<long>(n / 40 % 16) * 2'000'000};
            (void)::nanosleep(&pause, nullptr);
        }
    }
}

}  // namespace

TEST_CASE(
    "whoever races for the stored trust gets nothing installed that was not signed, and it heals after him") {
    const Scratch scratch{"store-attack"};
    const fs::path victim = scratch.path() / "victim", state = scratch.path() / "state";
    write_file(victim, "untouched");
    Publisher honest{0}, own{40};
    honest.publish("1.1.0", "an honest program");
    own.publish("6.6.6", "an evil program");
    write_file(scratch.path() / "root.json", honest.repository.first_root());

    Settings settings;
    settings.product = "agent";
    settings.agent_id = "a1";
    settings.install_root = scratch.path() / "root";
    settings.state_dir = state;
    settings.programs.front().path = "bin/agent";
    settings.transfer.attempts = 1;
    settings.trust.root = scratch.path() / "root.json";
    const std::string base = TufRepository::base;
    settings.trust.repositories = {{base + "metadata", base + "targets"}};
    const Layout layout{settings};
    const auto files = make_files();
    const auto clock = make_clock();
    const auto random = make_random();
    OpensslCryptography crypto;
    OpensslHashing hashing;
    NoSignals channel;
    const Machine machine;
    REQUIRE(files->make_private_directory(state));
    const auto resolve = [&] {
        Releases releases{settings,
                          layout,
                          machine,
                          {*files, *clock, honest.repository, channel, *random, hashing, crypto}};
        return releases.resolve({"u-1", "agent", "stable", ""}, "1.0.0", {}, Asker::operator_);
    };
    REQUIRE(resolve());

    void* shared = ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto* moves = new (shared) std::atomic<std::uint64_t>{0};
    const auto evil = evil_files(honest.repository, own.repository);
    const pid_t attacker = ::fork();
    if (attacker == 0) attack(layout.trust(), victim, evil, *moves);
    unsigned resolved = 0, refused = 0, fooled = 0;
    constexpr unsigned attempts = 400;
    for (unsigned n = 0; n < attempts; ++n) {
        const auto version = fmt::format("1.1.{}", n / 8);
        if (n % 8 == 0) honest.publish(version, "an honest program " + version);
        // Half of the time the attacker has the mirror, too.
        honest.repository.intrude = [&, n](const std::string& path) -> std::optional<Result<std::string>> {
            if (n % 2 == 0) return std::nullopt;
            for (const auto& [role, versions] : own.repository.served)
                if (path.ends_with(role + ".json")) return versions.back();
            return std::nullopt;
        };
        const auto answer = resolve();
        ++(answer ? resolved : refused);
        if (!answer) continue;
        fooled += answer->plan.version != version ||
                  answer->plan.artifacts.at(0).sha256 != honest.list.releases[0].artifacts[0].sha256;
    }
    ::kill(attacker, SIGKILL);
    ::waitpid(attacker, nullptr, 0);
    honest.repository.intrude = nullptr;
    MESSAGE(fmt::format("{} attempts against {} moves: {} resolved, {} refused, {} successes of the attacker",
                        attempts, moves->load(), resolved, refused, fooled));
    CHECK(fooled == 0);
    CHECK(read_file(victim) == "untouched");
    CHECK(refused > 0);   // he was there
    CHECK(resolved > 0);  // and so were we
    CHECK(moves->load() > attempts);
    // A folder in a file's place is an administrator's to remove; he may have died between making and
    // removing one.
    for (const auto& [name, bytes] : evil) (void)::rmdir((layout.trust() / name).c_str());
    const auto healed = resolve();
    INFO((healed ? std::string{} : healed.error().message()));
    CHECK(healed);
}
