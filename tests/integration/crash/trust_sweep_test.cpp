// The publisher's tree and the client's store, when the process that writes them dies or the plug is pulled:
// what a reader finds is whole, and the next run goes on. Real programs: updatectl repo and tuf-client.
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <unistd.h>

#include "applier.hpp"
#include "loop_disk.hpp"
#include "support/fault_server.hpp"

using namespace update::test;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

/// A publisher with a release on stable and the draft of another, and a client that knows the first of them.
/// The server hands out what he published later, with a new root.
class World {
 public:
    /// @param place  where the victims work
    explicit World(fs::path place) : place_{std::move(place)} {
        write_file(secret_, "words\n");
        write_file(program_, "a program");
        fs::create_directory(base_);
        const fs::path repo = base_ / "repo";
        must(signing(repo, {"init"}));
        add(repo, "1.0.0");
        must(signing(repo, {"publish", "--product", "agent", "--version", "1.0.0", "--channel", "stable"}));
        add(repo, "1.1.0");
        server_.serve(repo / "public");
        must({TUF_CLIENT, "--metadata-dir", base_ / "store", "init", repo / "public/metadata/1.root.json"});
        must(client(base_ / "store", {"refresh"}));
        must({"/bin/cp", "-a", repo, newer_});
        must(signing(newer_, {"rotate", "timestamp"}));
        must(signing(newer_, {"publish", "--product", "agent", "--version", "1.1.0", "--channel", "stable"}));
        server_.serve(newer_ / "public");
    }
    void reset() {
        for (const auto* what : {"repo", "store"}) {
            fs::remove_all(place_ / what);
            must({"/bin/cp", "-a", base_ / what, place_ / what});
        }
    }
    Words signing(const fs::path& repo, const Words& words) const {
        Words all{UPDATECTL, "repo"};
        all.insert(all.end(), words.begin(), words.end());
        all.insert(all.end(), {"--dir", repo, "--passphrase-file", secret_});
        return all;
    }
    Words publish() const {
        return signing(repo(), {"publish", "--product", "agent", "--version", "1.1.0", "--channel", "beta"});
    }
    Words client(const fs::path& store, const Words& command) const {
        Words all{TUF_CLIENT, "--metadata-url", server_.url("/metadata"), "--metadata-dir", store};
        all.insert(all.end(), command.begin(), command.end());
        return all;
    }
    int run(const Words& words) const {
        Process process{words, log_file()};
        return process.wait().value_or(-1);
    }
    void must(const Words& words) const {
        const int code = run(words);
        REQUIRE_MESSAGE(code == 0, fmt::format("{}: {}\n{}", fmt::join(words, " "), code, log()));
    }
    bool is_readable() const { return run({UPDATECTL, "repo", "check", "--dir", repo()}) == 0; }
    fs::path repo() const { return place_ / "repo"; }
    fs::path store() const { return place_ / "store"; }
    fs::path newer() const { return newer_ / "public/metadata"; }
    bool is_as_before(const std::string& file) const {
        return read_file(place_ / file) == read_file(base_ / file);
    }
    fs::path log_file() const { return scratch_.path() / "log"; }
    std::string log() const { return read_file(log_file()); }
    fs::path trace_file() const { return scratch_.path() / "trace"; }

 private:
    void add(const fs::path& repo, const std::string& version) const {
        must({UPDATECTL, "repo", "add", "--dir", repo, "--product", "agent", "--version", version,
              "--artifact", "agent:bin/agent=" + program_.string()});
    }

    Scratch scratch_{"trust-crash"};
    const fs::path place_, base_ = scratch_.path() / "base", newer_ = scratch_.path() / "newer",
                           secret_ = scratch_.path() / "secret", program_ = scratch_.path() / "agent";
    FaultServer server_{nullptr};
};

struct Victim {
    std::string name;
    std::function<Words(const World&)> command;
    std::string marker;                                  ///< below the place; the last that it changes
    std::function<std::string(const World&)> judgement;  ///< what is wrong afterwards; empty: nothing
};

std::string judge_publisher(const World& world) {
    if (!world.is_readable()) return "the tree that it left is not readable";
    if (const int code = world.run(world.publish())) return fmt::format("publishing again: {}", code);
    return world.is_readable() ? "" : "the tree that was published again is not readable";
}
std::string judge_rotation(const World& world) {
    if (!world.is_readable()) return "the tree that it left is not readable";
    (void)world.run(world.signing(world.repo(), {"sign"}));  // 1 where nothing waits
    return judge_publisher(world);
}
std::string judge_store(const World& world) {
    if (const int code = world.run(world.client(world.store(), {"refresh"})))
        return fmt::format("refreshing again: {}", code);
    if (read_file(world.store() / "root.json") != read_file(world.newer() / "2.root.json"))
        return "the stored root is not the newest";
    if (read_file(world.store() / "timestamp.json") != read_file(world.newer() / "timestamp.json"))
        return "the stored timestamp is not the newest";
    return "";
}

const std::vector<Victim> victims{
    {"repo publish", [](const World& world) { return world.publish(); },
     "repo/public/metadata/timestamp.json", judge_publisher},
    {"repo rotate",
     [](const World& world) {
         return world.signing(world.repo(), {"rotate", "timestamp"});
     },
     "repo/public/metadata/timestamp.json", judge_rotation},
    {"tuf-client refresh", [](const World& world) { return world.client(world.store(), {"refresh"}); },
     "store/snapshot.json", judge_store},
};

/// Everything that changes the disk, and what makes it last.
constexpr const char* writing_calls =
    "write,pwrite64,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,fchmod,fsync,"
    "fdatasync,"
    "ftruncate";

/// How often an undisturbed run makes which of them.
std::map<std::string, unsigned> calls_of(World& world, const Words& command) {
    world.reset();
    Words words{"/usr/bin/strace", "-o", world.trace_file(), "-e", std::string{"trace="} + writing_calls};
    words.insert(words.end(), command.begin(), command.end());
    world.must(words);
    std::map<std::string, unsigned> calls;
    std::istringstream lines{read_file(world.trace_file())};
    for (std::string line; std::getline(lines, line);)
        if (const auto end = line.find('('); end != std::string::npos && line.front() != '+')
            ++calls[line.substr(0, end)];
    return calls;
}

void kill_at_each_write(const Victim& victim) {
    const Scratch scratch{"trust-place"};
    World world{scratch.path()};
    const Words command = victim.command(world);
    const auto calls = calls_of(world, command);
    unsigned total = 0, number = 0, killed = 0, tried = 0, old = 0;
    for (const auto& [name, count] : calls) total += count;
    const unsigned step = every(std::max(1U, total / 20));
    for (const auto& call : calls)
        for (unsigned k = 1; k <= call.second; ++k) {
            if (number++ % step != 0) continue;
            world.reset();
            Words words{"/usr/bin/strace",
                        "-o",
                        "/dev/null",
                        "-e",
                        "trace=" + call.first,
                        "-e",
                        fmt::format("inject={}:signal=SIGKILL:when={}", call.first, k)};
            words.insert(words.end(), command.begin(), command.end());
            ++tried;
            killed += world.run(words) == 128 + 9;
            old += world.is_as_before(victim.marker);
            const std::string wrong = victim.judgement(world);
            CHECK_MESSAGE(wrong.empty(), fmt::format("{} killed at {} #{}: {}\n{}", victim.name, call.first,
                                                     k, wrong, world.log()));
        }
    MESSAGE(
        fmt::format("{}: {} calls that change the disk, every {}. tried; {} of {} killed, {} before its end",
                    victim.name, total, step, killed, tried, old));
    CHECK(killed > tried / 2);
    CHECK(old > 0);
    CHECK(old < tried);
}

void cut_the_power(const Victim& victim, unsigned points) {
    const Scratch scratch{"trust-disk"};
    const LoopDisk disk{scratch.path()};
    World world{disk.path()};
    const Words command = victim.command(world);
    // The shortest of some: what took longer was kept waiting by something else (the first reads its
    // program).
    auto whole = std::chrono::nanoseconds::max();
    for (int runs = 0; runs < 5; ++runs) {
        world.reset();
        const auto began = std::chrono::steady_clock::now();
        world.must(command);
        whole = std::min<std::chrono::nanoseconds>(whole, std::chrono::steady_clock::now() - began);
    }
    unsigned in_time = 0;
    for (unsigned point = 0; point < points; ++point) {
        world.reset();
        disk.flush();
        {
            Process process{command, world.log_file()};
            const int handle = static_cast<int>(::syscall(SYS_pidfd_open, process.pid(), 0));
            ::pollfd watched{handle, POLLIN, 0};
            const auto time = whole * (2 * point + 1) / (2 * points);
            const ::timespec limit{time / std::chrono::seconds{1}, (time % std::chrono::seconds{1}).count()};
            ::ppoll(&watched, 1, &limit, nullptr);
            ::close(handle);
            in_time += process.running();
            disk.cut();
            process.kill_hard();
        }
        disk.reboot();
        const std::string wrong = victim.judgement(world);
        CHECK_MESSAGE(wrong.empty(), fmt::format("{}: plug pulled at {} of {}: {}\n{}", victim.name, point,
                                                 points, wrong, world.log()));
    }
    MESSAGE(fmt::format("{}: the plug pulled at {} moments over {:.0f} ms, {} of them before its end",
                        victim.name, points, static_cast<double>(whole.count()) / 1e6, in_time));
    CHECK(in_time > points / 3);
}

}  // namespace

TEST_CASE("publisher and client that are killed at any write leave a whole tree and a store that heals") {
    UPDATE_NEEDS_STRACE();
    for (const Victim& victim : victims) kill_at_each_write(victim);
}

TEST_CASE("a power cut while publisher or client writes leaves a whole tree and a store that heals") {
    if (const auto why = LoopDisk::why_not()) {
        MESSAGE("skipped, no disk can be made whose plug could be pulled: " << *why);
        return;
    }
    const unsigned points = std::getenv("UPDATE_CRASH_EVERY") == nullptr ? 8 : 100;
    for (const Victim& victim : victims) cut_the_power(victim, points);
}
