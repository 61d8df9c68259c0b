#include <array>
#include <vector>

#include "os/os_error.hpp"
#include "os/peer.hpp"
#include "os/token.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <sddl.h>

namespace update {
namespace {

constexpr const char* local_system = "S-1-5-18";

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

Result<TokenAccount> describe(void* token_for_user, void* token_for_groups) {
    UPDATE_TRY(sid, sid_of(token_for_user), "look at an account");
    UPDATE_TRY(member, is_in_administrators(token_for_groups), "look at an account");
    return TokenAccount{sid, member || sid == local_system};
}

}  // namespace

/// FNV-1a: it only has to tell apart the accounts of one machine. The upper bit keeps it from being 0.
std::uint64_t TokenAccount::account() const {
    if (administrator) return 0;
    std::uint64_t number = 0xcbf29ce484222325;
    for (const char c : sid) number = (number ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return number | std::uint64_t{1} << 63;
}

Result<TokenAccount> user_of_token(void* token) { return describe(token, token); }

Result<TokenAccount> own_user() {
    HANDLE token = nullptr;
    if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &token) == 0)
        return last_error("open the own token");
    const Handle owner{token};
    return describe(token, nullptr);
}

std::uint64_t own_account() {
    static const std::uint64_t account = [] {
        const auto user = own_user();
        return user ? user->account() : ~std::uint64_t{0};  // nobody's, so that nobody passes for us
    }();
    return account;
}

}  // namespace update
