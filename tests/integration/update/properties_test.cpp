// Owner, mode, access list, labels, extended attributes and capabilities of the replaced file are those of
// the new one, and of the old one after a roll-back.
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
    std::string origin, capability, label, access_list;
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
    return {status.st_uid,
            status.st_gid,
            status.st_mode,
            attribute(file, "user.origin"),
            attribute(file, "security.capability"),
            attribute(file, "security.selinux"),
            attribute(file, "system.posix_acl_access")};
}

/// As `setcap cap_net_bind_service=ep` writes it (vfs_cap_data, revision 2).
const std::string net_bind_service{
    "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20};

/// Of a policy that this machine need not have: without SELinux the label is an attribute like another.
const std::string shown_label{"system_u:object_r:bin_t:s0\0", 27};
/// user::rwx, user:1:r-x, group::r-x, mask::r-x, other::---: version 2, then tag, permissions, id each.
const std::string shared_with_one{
    "\x02\0\0\0"
    "\x01\0\x07\0\xff\xff\xff\xff"
    "\x02\0\x05\0\x01\0\0\0"
    "\x04\0\x05\0\xff\xff\xff\xff"
    "\x10\0\x05\0\xff\xff\xff\xff"
    "\x20\0\0\0\xff\xff\xff\xff",
    44};

/// Says what this account or file system does not allow.
void set(const std::string& file, const char* name, const std::string& value) {
    if (::setxattr(file.c_str(), name, value.data(), value.size(), 0) == 0)
        CHECK(attribute(file, name) == value);
    else
        MESSAGE(name, " is left out: it cannot be set here");
}

Properties mark(const Endpoint& endpoint) {
    const std::string file = endpoint.install_root() / "bin/agent";
    if (::geteuid() == 0)
        REQUIRE(::chown(file.c_str(), 0, 4242) == 0);
    else
        MESSAGE("the owner is left out: only root may set it");
    REQUIRE(::chmod(file.c_str(), 0750) == 0);
    set(file, "user.origin", "package");
    set(file, "security.capability", net_bind_service);
    set(file, "security.selinux", shown_label);
    set(file, "system.posix_acl_access", shared_with_one);
    return properties_of(endpoint);
}

}  // namespace

TEST_CASE("a committed update keeps owner, mode, access list, label and capabilities of the replaced file") {
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
