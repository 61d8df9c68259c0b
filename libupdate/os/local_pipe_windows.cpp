#include <algorithm>
#include <cstdlib>
#include <cwctype>
#include <fmt/format.h>

#include "os/descriptor.hpp"
#include "os/local_pipe.hpp"
#include "os/os_error.hpp"
#include "os/security.hpp"
#include "os/token.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr std::wstring_view prefix = L"\\\\.\\pipe\\update/";
constexpr std::size_t name_max = 200;  // of 256, prefix included

/// Ends the impersonation whatever happens. Going on under somebody else's account would be worse than
/// ending.
class Impersonation {
 public:
    explicit Impersonation(void* pipe) : began_{::ImpersonateNamedPipeClient(pipe) != FALSE} {}
    Impersonation(const Impersonation&) = delete;
    Impersonation& operator=(const Impersonation&) = delete;
    ~Impersonation() {
        if (began_ && ::RevertToSelf() == FALSE) std::abort();
    }
    explicit operator bool() const { return began_; }

 private:
    bool began_;
};

/// Opened as this process: the client's own rights need not be enough to look at its token.
Result<Handle> token_of_client(void* pipe) {
    const Impersonation client{pipe};
    if (!client) return last_error("identify the client");
    HANDLE token = nullptr;
    if (::OpenThreadToken(::GetCurrentThread(), TOKEN_QUERY, TRUE, &token) == 0)
        return last_error("identify the client");
    return Handle{token};
}

}  // namespace

Result<std::wstring> pipe_name(const Path& socket) {
    if (!socket.is_absolute() || !socket.has_filename())
        return Error{ErrorCode::refused, "not a name for a pipe: " + socket.string()};
    std::wstring name = socket.lexically_normal().generic_wstring();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](wchar_t c) { return static_cast<wchar_t>(std::towlower(c)); });
    if (name.size() > name_max) {
        std::uint64_t number = 0xcbf29ce484222325;  // FNV-1a: one administrator's own paths, no enemy's
        for (const wchar_t c : name) number = (number ^ c) * 0x100000001b3;
        const std::string unique = fmt::format("{:016x}", number);
        name = std::wstring(unique.begin(), unique.end()) + name.substr(name.size() - name_max);
    }
    return std::wstring{prefix} + name;
}

Result<Peer> peer_of(void* server_end) {
    ULONG pid = 0;
    if (::GetNamedPipeClientProcessId(server_end, &pid) == 0)
        return last_error("ask for the client's number");
    UPDATE_TRY(token, token_of_client(server_end), "peer");
    UPDATE_TRY(account, account_of_token(token.get()), "peer");
    return Peer{static_cast<std::int64_t>(pid), account, 0};
}

Status check_owner(void* client_end) {
    UPDATE_TRY(owner, owner_of(client_end), "check server");
    if (owner == "S-1-5-18" || owner == "S-1-5-32-544" || owner == own_account().sid) return done();
    return Error{ErrorCode::refused,
                 fmt::format("the pipe belongs to {}, which is neither the system, nor the administrators, "
                             "nor this account",
                             owner)};
}

}  // namespace update
