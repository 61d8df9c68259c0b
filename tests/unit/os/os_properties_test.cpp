// Owner, group, mode, ACL, labels and capabilities travel from the old file to the new one.
#include <sys/xattr.h>

#include "os/files.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

namespace {

using namespace std::string_literals;
// cap_net_bind_service=ep as linux/capability.h lays it out: revision 2 with the effective flag, permitted,
// inheritable.
const std::string capability =
    "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"s;
// user::rw-, user:1:r--, group::r--, mask::r--, other::---: version 2, then tag, permissions, id each.
const std::string acl =
    "\x02\x00\x00\x00"s
    "\x01\x00\x06\x00\xff\xff\xff\xff"s
    "\x02\x00\x04\x00\x01\x00\x00\x00"s
    "\x04\x00\x04\x00\xff\xff\xff\xff"s
    "\x10\x00\x04\x00\xff\xff\xff\xff"s
    "\x20\x00\x00\x00\xff\xff\xff\xff"s;
const std::string label = "system_u:object_r:bin_t:s0\0"s;

bool set(const Path& path, const char* name, const std::string& value) {
    return ::setxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
}
std::string attribute(const Path& path, const char* name) {
    std::string value(256, '\0');
    const auto got = ::getxattr(path.c_str(), name, value.data(), value.size());
    value.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return value;
}
bool has_attributes(const Path& path) {
    if (set(path, "user.probe", "1") && ::removexattr(path.c_str(), "user.probe") == 0) return true;
    std::printf("SKIPPED: the temporary folder's file system has no user attributes\n");
    return false;
}

/// An old file with content, and a new one as the staging step makes it.
struct Pair {
    Scratch scratch;
    Path old = scratch / "old", fresh = scratch / "new";
    Pair() {
        REQUIRE(::chmod(scratch.path().c_str(), 0777) == 0);
        put(old, "old");
        put(fresh, "new", 0600);
    }
    Status copy() {
        const auto files = make_files();
        const auto from = files->open(old, OpenMode::read);
        const auto to = files->open(fresh, OpenMode::read_write);
        REQUIRE(from.has_value());
        REQUIRE(to.has_value());
        return (*to)->copy_properties(**from);
    }
    struct ::stat fresh_status() const {
        struct ::stat status {};
        REQUIRE(::stat(fresh.c_str(), &status) == 0);
        return status;
    }
};

}  // namespace

TEST_CASE("the mode is copied, set-user-id included") {
    Pair pair;
    REQUIRE(::chmod(pair.old.c_str(), 04751) == 0);
    REQUIRE(pair.copy().has_value());
    CHECK((pair.fresh_status().st_mode & 07777) == 04751);
}

TEST_CASE("owner and group are copied, and set-user-id survives that") {
    if (skipped_without_root("giving files away needs it")) return;
    Pair pair;
    REQUIRE(::chown(pair.old.c_str(), 1234, 5678) == 0);
    REQUIRE(::chmod(pair.old.c_str(), 06755) == 0);
    REQUIRE(pair.copy().has_value());
    CHECK(pair.fresh_status().st_uid == 1234);
    CHECK(pair.fresh_status().st_gid == 5678);
    CHECK((pair.fresh_status().st_mode & 07777) == 06755);
}

TEST_CASE("capabilities are copied together with a foreign owner") {
    if (skipped_without_root("file capabilities need it")) return;
    Pair pair;
    REQUIRE(::chown(pair.old.c_str(), 1234, 5678) == 0);
    REQUIRE(set(pair.old, "security.capability", capability));
    REQUIRE(pair.copy().has_value());
    CHECK(attribute(pair.fresh, "security.capability") == capability);
}

TEST_CASE("a security label is copied") {
    if (skipped_without_root("labels need it")) return;
    Pair pair;
    REQUIRE(set(pair.old, "security.selinux", label));
    REQUIRE(pair.copy().has_value());
    CHECK(attribute(pair.fresh, "security.selinux") == label);
}

TEST_CASE("an access control list is copied") {
    Pair pair;
    if (!set(pair.old, "system.posix_acl_access", acl)) {
        std::printf("SKIPPED: the temporary folder's file system has no ACLs\n");
        return;
    }
    REQUIRE(pair.copy().has_value());
    CHECK(attribute(pair.fresh, "system.posix_acl_access") == acl);
}

TEST_CASE("user attributes are copied onto a file that its mode makes read-only") {
    Pair pair;
    if (!has_attributes(pair.old)) return;
    REQUIRE(set(pair.old, "user.origin", "package"));
    REQUIRE(::chmod(pair.old.c_str(), 0444) == 0);
    REQUIRE(pair.copy().has_value());
    CHECK(attribute(pair.fresh, "user.origin") == "package");
}

TEST_CASE("what the old file does not have, the new one loses") {
    Pair pair;
    if (!has_attributes(pair.fresh)) return;
    REQUIRE(set(pair.fresh, "user.extra", "x"));
    REQUIRE(set(pair.fresh, "system.posix_acl_access", acl));
    REQUIRE(pair.copy().has_value());
    CHECK(::listxattr(pair.fresh.c_str(), nullptr, 0) == ::listxattr(pair.old.c_str(), nullptr, 0));
    CHECK((pair.fresh_status().st_mode & 07777) == 0644);
}

TEST_CASE("copying twice changes nothing and succeeds") {
    Pair pair;
    REQUIRE(::chmod(pair.old.c_str(), 0755) == 0);
    REQUIRE(pair.copy().has_value());
    CHECK(pair.copy().has_value());
    CHECK((pair.fresh_status().st_mode & 07777) == 0755);
}

TEST_CASE("a measurement of the old content is not copied") {
    if (skipped_without_root("security attributes need it")) return;
    Pair pair;
    if (!set(pair.old, "security.ima", "\x01hash")) {
        std::printf("SKIPPED: this system does not let security.ima be set\n");
        return;
    }
    REQUIRE(pair.copy().has_value());
    CHECK(attribute(pair.fresh, "security.ima").empty());
}

TEST_CASE("an owner that cannot be set is a matter of permission and named") {
    Pair pair;
    Path foreign = "/usr/bin/env";
    if (is_root()) REQUIRE(::chown(pair.fresh.c_str(), nobody, nobody) == 0);
    const AsNobody other_user;
    pair.old = foreign;
    const auto result = pair.copy();
    CHECK(code(result) == ErrorCode::permission);
    CHECK(result.error().message().find("owner 0") != std::string::npos);
}

TEST_CASE("a capability that cannot be set is a matter of permission and named") {
    if (skipped_without_root("file capabilities need it")) return;
    Pair pair;
    for (const auto& path : {pair.old, pair.fresh}) REQUIRE(::chown(path.c_str(), nobody, nobody) == 0);
    REQUIRE(set(pair.old, "security.capability", capability));
    const AsNobody other_user;
    const auto result = pair.copy();
    CHECK(code(result) == ErrorCode::permission);
    CHECK(result.error().message().find("security.capability") != std::string::npos);
}

TEST_CASE("a set-group-id bit that the system drops silently is noticed") {
    if (skipped_without_root("a foreign group needs it")) return;
    Pair pair;
    for (const auto& path : {pair.old, pair.fresh}) REQUIRE(::chown(path.c_str(), nobody, 12345) == 0);
    REQUIRE(::chmod(pair.old.c_str(), 02755) == 0);
    const AsNobody other_user;
    const auto result = pair.copy();
    CHECK(code(result) == ErrorCode::permission);
    CHECK(result.error().message().find("mode 2755 (is 0755)") != std::string::npos);
}
