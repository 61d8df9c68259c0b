#include <aclapi.h>
#include <sddl.h>
#include <vector>

#include "os/os_error.hpp"
#include "os/security.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

std::string text_of(PSID sid) {
    wchar_t* text = nullptr;
    if (!::ConvertSidToStringSidW(sid, &text)) return {};
    const LocalMemory owner{text};
    return to_utf8(text);
}

bool is_administrator() {
    std::vector<std::byte> sid(SECURITY_MAX_SID_SIZE);
    DWORD size = static_cast<DWORD>(sid.size());
    BOOL member = FALSE;
    return ::CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, sid.data(), &size) &&
           ::CheckTokenMembership(nullptr, sid.data(), &member) && member;
}

Account read_account() {
    Account account;
    HANDLE raw = nullptr;
    if (!::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &raw)) return account;
    const Handle token{raw};
    DWORD size = 0;
    ::GetTokenInformation(token.get(), TokenUser, nullptr, 0, &size);
    std::vector<std::byte> buffer(size);
    if (!::GetTokenInformation(token.get(), TokenUser, buffer.data(), size, &size)) return account;
    account.sid = text_of(reinterpret_cast<TOKEN_USER*>(buffer.data())->User.Sid);
    account.privileged = account.sid == "S-1-5-18" || is_administrator();
    return account;
}

bool is_stranger(const std::string& sid) { return !sddl::is_trusted(sid) && sid != own_account().sid; }

/// Whatever changes content, name, rights or owner. Also for folders: the same bits mean "add file", "add
/// folder", "delete what lies inside".
constexpr ACCESS_MASK changing = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | FILE_DELETE_CHILD |
                                 FILE_WRITE_ATTRIBUTES | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE |
                                 GENERIC_ALL;
constexpr ACCESS_MASK reading = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL;

void judge(const ACE_HEADER& ace, Protection& found) {
    // Deny entries only take away; entries of other kinds (callback, object) are counted by their mask, which
    // lies in the same place.
    if (ace.AceType == ACCESS_DENIED_ACE_TYPE || ace.AceType == ACCESS_DENIED_CALLBACK_ACE_TYPE) return;
    const auto& allowed = reinterpret_cast<const ACCESS_ALLOWED_ACE&>(ace);
    const auto sid = text_of(const_cast<DWORD*>(&allowed.SidStart));
    if (!is_stranger(sid)) return;
    const bool for_contents = (ace.AceFlags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE)) != 0;
    if (for_contents && (allowed.Mask & (changing | reading)) != 0) found.inherits_to_all = true;
    if ((ace.AceFlags & INHERIT_ONLY_ACE) != 0) return;
    found.others_write |= (allowed.Mask & changing) != 0;
    found.others_read |= (allowed.Mask & reading) != 0;
}

}  // namespace

const Account& own_account() {
    static const Account account = read_account();
    return account;
}

std::uint64_t account_number(const std::string& sid) {
    constexpr auto owner_placeholder = "S-1-3-";
    if (sddl::is_trusted(sid) && !sid.starts_with(owner_placeholder)) return 0;
    if (sid == own_account().sid && own_account().privileged) return 0;
    std::uint64_t number = 14695981039346656037u;  // FNV-1a
    for (const char c : sid) number = (number ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return number;
}

Result<Protection> protection_of(const Handle& handle) {
    PSID owner = nullptr;
    PACL dacl = nullptr;
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    const DWORD failed = ::GetSecurityInfo(handle.get(), SE_FILE_OBJECT,
                                           OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                           nullptr, &dacl, nullptr, &descriptor);
    if (failed != ERROR_SUCCESS) return os_error(static_cast<int>(failed), "read owner and access list");
    const LocalMemory memory{descriptor};
    Protection found;
    found.owner = text_of(owner);
    if (dacl == nullptr) {  // no list at all: everybody may do everything
        found.others_read = found.others_write = found.inherits_to_all = true;
        return found;
    }
    for (DWORD i = 0; i < dacl->AceCount; ++i) {
        void* ace = nullptr;
        if (::GetAce(dacl, i, &ace)) judge(*static_cast<ACE_HEADER*>(ace), found);
    }
    return found;
}

Result<LocalMemory> make_descriptor(const std::string& text) {
    UPDATE_TRY(wide, to_wide(text), "security descriptor");
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    if (!::ConvertStringSecurityDescriptorToSecurityDescriptorW(wide.c_str(), SDDL_REVISION_1, &descriptor,
                                                                nullptr))
        return last_error("security descriptor '" + text + "'");
    return LocalMemory{descriptor};
}

std::string private_sddl(sddl::Object object) {
    return sddl::only_ours(object, own_account().privileged ? std::string{} : own_account().sid);
}
std::string public_sddl(sddl::Object object) {
    return sddl::readable_by_all(object, own_account().privileged ? std::string{} : own_account().sid);
}

Result<std::string> descriptor_text(const Handle& handle) {
    constexpr SECURITY_INFORMATION all =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    const DWORD failed =
        ::GetSecurityInfo(handle.get(), SE_FILE_OBJECT, all, nullptr, nullptr, nullptr, nullptr, &descriptor);
    if (failed != ERROR_SUCCESS) return os_error(static_cast<int>(failed), "read security descriptor");
    const LocalMemory memory{descriptor};
    wchar_t* text = nullptr;
    if (!::ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, all, &text,
                                                                nullptr))
        return last_error("write security descriptor as text");
    const LocalMemory owner{text};
    return to_utf8(text);
}

Status set_dacl(const Handle& handle, const std::string& text) {
    UPDATE_TRY(descriptor, make_descriptor(text), "set access list");
    if (!::SetKernelObjectSecurity(
            handle.get(), DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, descriptor.get()))
        return last_error("set access list");
    return done();
}

bool runs_under_wine() {
    static const bool wine =
        ::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
    return wine;
}

}  // namespace update
