// Owner, mode, extended attributes and capabilities of the replaced file are those of the new one, and of the
// old one after a roll-back.
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "story.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Properties {
    uid_t owner = 0;
    gid_t group = 0;
    mode_t mode = 0;
    std::string label, capability;
    bool operator==(const Properties&) const = default;
};

std::string attribute(const std::string& file, const char* name) {
    char value[256];
    const auto size = ::getxattr(file.c_str(), name, value, sizeof value);
    return size < 0 ? "" : std::string(value, static_cast<std::size_t>(size));
}

Properties properties_of(const Endpoint& endpoint) {
    const std::string file = endpoint.install_root() / "bin/agent";
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return {status.st_uid, status.st_gid, status.st_mode, attribute(file, "user.label"),
            attribute(file, "security.capability")};
}

/// As `setcap cap_net_bind_service=ep` writes it (vfs_cap_data, revision 2).
const std::string net_bind_service{
    "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20};

/// What of it this account and file system allow; says what is left out.
Properties mark(const Endpoint& endpoint) {
    const std::string file = endpoint.install_root() / "bin/agent";
    if (::geteuid() == 0)
        REQUIRE(::chown(file.c_str(), 0, 4242) == 0);
    else
        MESSAGE("owner and capability are left out: only root may set them");
    REQUIRE(::chmod(file.c_str(), 0750) == 0);
    if (::setxattr(file.c_str(), "user.label", "kept", 4, 0) != 0)
        MESSAGE("the label is left out: this file system has no user attributes");
    if (::geteuid() == 0 && ::setxattr(file.c_str(), "security.capability", net_bind_service.data(),
                                       net_bind_service.size(), 0) != 0)
        MESSAGE("the capability is left out: this file system has none");
    return properties_of(endpoint);
}

}  // namespace

TEST_CASE("a committed update keeps owner, mode, attributes and capabilities of the replaced file") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    const Properties before = mark(endpoint);
    endpoint.start_watchdog();
    REQUIRE(endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1")).ending == Ending::committed);
    CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.1")));
    CHECK(properties_of(endpoint) == before);
}

TEST_CASE("by exit code too, where the agent swaps by itself") {
    Server server;
    Endpoint endpoint{server, {{"routes", R"(["exit-code"])"}}};
    const Properties before = mark(endpoint);
    endpoint.start_watchdog();
    REQUIRE(endpoint.end_of(endpoint.offer_agent("1.1.0", "agent-1.1")).ending == Ending::committed);
    CHECK(properties_of(endpoint) == before);
}

TEST_CASE("a roll-back brings back the very file that was there before") {
    Server server;
    Endpoint endpoint{server, by_watchdog};
    const Properties before = mark(endpoint);
    struct stat file_before {};
    REQUIRE(::stat((endpoint.install_root() / "bin/agent").c_str(), &file_before) == 0);
    endpoint.start_watchdog();
    REQUIRE(endpoint.end_of(endpoint.offer_agent("1.2.0", "agent-1.2-crashes")).ending ==
            Ending::rolled_back);
    check_old_version_runs(endpoint);
    CHECK(properties_of(endpoint) == before);
    struct stat file_after {};
    REQUIRE(::stat((endpoint.install_root() / "bin/agent").c_str(), &file_after) == 0);
    CHECK(file_after.st_ino == file_before.st_ino);
}
