// The proxy between here and the control server. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "session/secret.hpp"

namespace update::session {

struct Proxy {
    std::string url;   ///< http://HOST[:PORT], free of credentials
    std::string user;  ///< empty: it asks for none
    Secret password;
    bool operator==(const Proxy&) const = default;
};

/// What the environment says, as curl reads it; each may be empty.
struct ProxyEnvironment {
    std::string https_proxy, no_proxy;
    /// https_proxy, else HTTPS_PROXY, all_proxy, ALL_PROXY; no_proxy, else NO_PROXY.
    static ProxyEnvironment read();
};

/// The configured proxy is for every server; without one the environment's is for all but `no_proxy`: host
/// names and domains separated by commas, or "*".
/// @param server_url  wss:// or https://
/// @return nothing when the server is to be asked directly; so it is, too, with a proxy that is not http://,
///         because cpprestsdk knows no others
std::optional<Proxy> proxy_for(std::string_view server_url, std::string_view configured,
                               const ProxyEnvironment&);

}  // namespace update::session
