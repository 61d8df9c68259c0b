// A proxy in cpprestsdk's terms.
#pragma once
#include <cpprest/details/web_utilities.h>
#include <optional>

#include "session/proxy.hpp"

namespace update {

/// @return cpprestsdk's default, which is none, where there is no proxy
inline web::web_proxy web_proxy(const std::optional<session::Proxy>& proxy) {
    if (!proxy) return {};
    web::web_proxy there{web::uri{utility::conversions::to_string_t(proxy->url)}};
    if (!proxy->user.empty())
        there.set_credentials({utility::conversions::to_string_t(proxy->user),
                               utility::conversions::to_string_t(proxy->password.reveal())});
    return there;
}

}  // namespace update
