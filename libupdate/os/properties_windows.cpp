// Owner, group, access list and attributes from one open file to another (security rule R11).
//
// Set with SetKernelObjectSecurity, which writes what it is given. SetSecurityInfo would compute the
// inherited entries anew, from the folder in which the new file lies at that moment: the staging folder. Then
// everything is read back.
#include <fmt/format.h>
#include <vector>

#include "os/open_file.hpp"
#include "os/os_error.hpp"
#include "os/security.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr SECURITY_INFORMATION access_list = DACL_SECURITY_INFORMATION;
constexpr SECURITY_INFORMATION owners = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION;
constexpr DWORD carried = FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |
                          FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;

Result<std::vector<std::byte>> read_descriptor(const Handle& handle, SECURITY_INFORMATION parts) {
    DWORD size = 0;
    ::GetKernelObjectSecurity(handle.get(), parts, nullptr, 0, &size);
    std::vector<std::byte> descriptor(size);
    if (!::GetKernelObjectSecurity(handle.get(), parts, descriptor.data(), size, &size))
        return last_error("read security descriptor");
    return descriptor;
}

/// Whether entries come from above is part of the list: without the flag, the protection would be lost.
SECURITY_INFORMATION with_protection(PSECURITY_DESCRIPTOR descriptor) {
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    ::GetSecurityDescriptorControl(descriptor, &control, &revision);
    const bool is_protected = (control & SE_DACL_PROTECTED) != 0;
    return access_list |
           (is_protected ? PROTECTED_DACL_SECURITY_INFORMATION : UNPROTECTED_DACL_SECURITY_INFORMATION);
}

/// A list that keeps itself up to date with its folder's stays so only if the request to do so stands beside
/// it: without SE_DACL_AUTO_INHERIT_REQ the system clears SE_DACL_AUTO_INHERITED ([MS-DTYP] 2.5.3.4.2).
Status ask_to_keep_inheritance(PSECURITY_DESCRIPTOR descriptor) {
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    if (::GetSecurityDescriptorControl(descriptor, &control, &revision) == 0)
        return last_error("look at access list");
    if ((control & SE_DACL_AUTO_INHERITED) == 0) return done();
    constexpr SECURITY_DESCRIPTOR_CONTROL kept = SE_DACL_AUTO_INHERITED | SE_DACL_AUTO_INHERIT_REQ;
    if (::SetSecurityDescriptorControl(descriptor, kept, kept) == 0) return last_error("prepare access list");
    return done();
}

Status copy_security(const Handle& from, const Handle& to) {
    UPDATE_TRY(wanted, descriptor_text(from), "old file");
    UPDATE_TRY(now, descriptor_text(to), "new file");
    if (now == wanted) return done();
    UPDATE_TRY(owner, read_descriptor(from, owners), "old file");
    UPDATE_TRY(list, read_descriptor(from, access_list), "old file");
    UPDATE_CHECK(ask_to_keep_inheritance(list.data()), "old file");
    UPDATE_TRY(old_owner, read_descriptor(to, owners), "new file");
    if (owner != old_owner && !::SetKernelObjectSecurity(to.get(), owners, owner.data()))
        return last_error("set owner and group of '" + wanted + "'");
    if (!::SetKernelObjectSecurity(to.get(), with_protection(list.data()), list.data()))
        return last_error("set access list of '" + wanted + "'");
    UPDATE_TRY(after, descriptor_text(to), "read back");
    if (sddl::same_rights(after, wanted)) return done();
    return Error{ErrorCode::unsupported,
                 fmt::format("the system did not keep '{}'; it is '{}'", wanted, after)};
}

Status copy_attributes(const Handle& from, const Handle& to) {
    FILE_BASIC_INFO wanted{}, now{};
    if (!::GetFileInformationByHandleEx(from.get(), FileBasicInfo, &wanted, sizeof wanted) ||
        !::GetFileInformationByHandleEx(to.get(), FileBasicInfo, &now, sizeof now))
        return last_error("read attributes");
    if ((wanted.FileAttributes & carried) == (now.FileAttributes & carried)) return done();
    FILE_BASIC_INFO change{};  // zero times mean "leave as they are"
    change.FileAttributes = (now.FileAttributes & ~carried) | (wanted.FileAttributes & carried);
    if (change.FileAttributes == 0) change.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    if (!::SetFileInformationByHandle(to.get(), FileBasicInfo, &change, sizeof change))
        return last_error("set attributes");
    return done();
}

}  // namespace

Status copy_properties(const Handle& from, const Handle& to) {
    UPDATE_CHECK(copy_security(from, to), "copy");
    return copy_attributes(from, to);
}

}  // namespace update
