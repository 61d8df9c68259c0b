#include <array>
#include <vector>

#include "os/os_error.hpp"
#include "os/peer.hpp"
#include "os/security.hpp"
#include "os/token.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <sddl.h>

namespace update {
namespace {

constexpr std::uint64_t own_account_without_its_rights = 1;

Result<std::string> sid_of(void* token) {
    DWORD size = 0;
    ::GetTokenInformation(token, TokenUser, nullptr, 0, &size);
    std::vector<std::byte> buffer(size);
    if (size == 0 || ::GetTokenInformation(token, TokenUser, buffer.data(), size, &size) == 0)
        return last_error("ask a token for its user");
    wchar_t* text = nullptr;
    if (::ConvertSidToStringSidW(reinterpret_cast<TOKEN_USER*>(buffer.data())->User.Sid, &text) == 0)
        return last_error("read a user's SID");
    const LocalMemory owner{text};
    return to_utf8(text);
}

/// A group that is there "for deny only", as in the token of an administrator who did not elevate, does not
/// count.
Result<bool> is_in_administrators(void* token) {
    std::array<std::byte, SECURITY_MAX_SID_SIZE> administrators;
    DWORD size = administrators.size();
    BOOL member = FALSE;
    if (::CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, administrators.data(), &size) == 0 ||
        ::CheckTokenMembership(token, administrators.data(), &member) == 0)
        return last_error("ask a token for its groups");
    return member != FALSE;
}

}  // namespace

Result<std::uint64_t> account_of_token(void* token) {
    UPDATE_TRY(sid, sid_of(token), "look at an account");
    UPDATE_TRY(administrator, is_in_administrators(token), "look at an account");
    if (administrator) return std::uint64_t{0};
    if (sid == own_account().sid && own_account().privileged && sid != "S-1-5-18")
        return own_account_without_its_rights;
    return account_number(sid);
}

}  // namespace update
