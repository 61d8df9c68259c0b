// Owner, group, mode, ACL, labels and capabilities from one open file to another (security rule R11).
//
// The order is the system's: a change of owner clears set-user-id bits and capabilities; setting an ACL
// rewrites the mode's group bits; user attributes need write permission, which the mode may take away. Hence:
// owner, attributes, mode, capabilities. Then everything is read back, for the system drops some of it
// without a word (set-group-id when the caller is not in the group).
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "os/file.hpp"
#include "os/os_error.hpp"

namespace update {
namespace {

using Attributes = std::map<std::string, std::string>;
const std::string capability = "security.capability";

/// Integrity measurements describe the old content; the new file gets its own from the kernel or its signer.
bool bound_to_content(const std::string& name) { return name == "security.ima" || name == "security.evm"; }

/// Calls `read(buffer, size)` until the answer fits; the size may grow between two calls.
template <class Read>
Result<std::string> read_sized(Read read, const std::string& what) {
    for (;;) {
        const auto size = read(nullptr, 0);
        if (size < 0) return os_error(errno, what);
        std::string value(static_cast<std::size_t>(size), '\0');
        if (size == 0) return value;
        const auto got = read(value.data(), value.size());
        if (got < 0 && errno == ERANGE) continue;
        if (got < 0) return os_error(errno, what);
        value.resize(static_cast<std::size_t>(got));
        return value;
    }
}

Result<Attributes> attributes(int fd) {
    auto list =
        read_sized([fd](char* to, std::size_t n) { return ::flistxattr(fd, to, n); }, "list attributes");
    if (!list && list.error().code() == ErrorCode::unsupported)
        return Attributes{};  // file system without any
    if (!list) return std::move(list).error();
    Attributes found;
    for (std::size_t at = 0; at < list->size(); at += std::strlen(list->c_str() + at) + 1) {
        const std::string name = list->c_str() + at;
        if (bound_to_content(name)) continue;
        auto value = read_sized([&](char* to, std::size_t n) { return ::fgetxattr(fd, name.c_str(), to, n); },
                                "read attribute " + name);
        if (!value && value.error().os().value() == ENODATA) continue;  // listed for all, readable by none
        if (!value) return std::move(value).error();
        found.emplace(name, std::move(*value));
    }
    return found;
}

Status set_attribute(int to, const std::string& name, const std::string& value) {
    if (::fsetxattr(to, name.c_str(), value.data(), value.size(), 0) == 0) return done();
    return os_error(errno, "set attribute " + name);
}

/// All but capabilities, which must come last. Equal values are left alone: writing a label needs a right of
/// its own.
Status copy_attributes(const Attributes& wanted, int to) {
    UPDATE_TRY(present, attributes(to), "new file");
    for (const auto& [name, value] : present) {
        if (wanted.contains(name)) continue;
        if (::fremovexattr(to, name.c_str()) != 0) return os_error(errno, "remove attribute " + name);
    }
    for (const auto& [name, value] : wanted) {
        if (name == capability) continue;
        const auto at = present.find(name);
        if (at != present.end() && at->second == value) continue;
        UPDATE_CHECK(set_attribute(to, name, value), "new file");
    }
    return done();
}

Result<struct ::stat> look(int fd) {
    struct ::stat status {};
    if (::fstat(fd, &status) != 0) return os_error(errno, "look at file");
    return status;
}

Error differs(const std::string& property) {
    return Error{ErrorCode::permission, property + " did not stay as it was set"};
}

Status compare(const struct ::stat& wanted, const Attributes& wanted_attributes, int to) {
    UPDATE_TRY(now, look(to), "read back");
    if (now.st_uid != wanted.st_uid) return differs(fmt::format("owner {}", wanted.st_uid));
    if (now.st_gid != wanted.st_gid) return differs(fmt::format("group {}", wanted.st_gid));
    if (now.st_mode != wanted.st_mode) {
        return differs(fmt::format("mode {:04o} (is {:04o})", wanted.st_mode & 07777, now.st_mode & 07777));
    }
    UPDATE_TRY(have, attributes(to), "read back");
    for (const auto& [name, value] : wanted_attributes) {
        if (!have.contains(name) || have[name] != value) return differs("attribute " + name);
    }
    for (const auto& [name, value] : have) {
        if (!wanted_attributes.contains(name)) return differs("absence of attribute " + name);
    }
    return done();
}

}  // namespace

Status copy_properties(int from, int to) {
    UPDATE_TRY(wanted, look(from), "old file");
    UPDATE_TRY(wanted_attributes, attributes(from), "old file");
    UPDATE_TRY(now, look(to), "new file");
    if ((now.st_uid != wanted.st_uid || now.st_gid != wanted.st_gid) &&
        ::fchown(to, wanted.st_uid, wanted.st_gid) != 0) {
        return os_error(errno, fmt::format("set owner {} and group {}", wanted.st_uid, wanted.st_gid));
    }
    UPDATE_CHECK(copy_attributes(wanted_attributes, to), "copy");
    if (::fchmod(to, wanted.st_mode & 07777) != 0) {
        return os_error(errno, fmt::format("set mode {:04o}", wanted.st_mode & 07777));
    }
    if (const auto at = wanted_attributes.find(capability); at != wanted_attributes.end()) {
        UPDATE_CHECK(set_attribute(to, at->first, at->second), "copy");
    }
    return compare(wanted, wanted_attributes, to);
}

}  // namespace update
