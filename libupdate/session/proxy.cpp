#include "session/proxy.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <initializer_list>

#include "base/grammar.hpp"

namespace update::session {
namespace {

std::string first_of(std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return {};
}

/// "wss://[::1]:8443/agent" -> "[::1]"
std::string host_of(std::string_view url) {
    url.remove_prefix(std::min(url.size(), url.find("://") + 3));
    url = url.substr(0, url.find('/'));
    const auto end = url.starts_with('[') ? url.find(']') + 1 : url.find(':');
    return ascii_lower(url.substr(0, end));
}

bool is_in_domain(std::string_view host, std::string_view domain) {
    if (domain.starts_with('.')) domain.remove_prefix(1);
    if (domain.empty() || !host.ends_with(domain)) return false;
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool is_excepted(std::string_view host, const std::string& no_proxy) {
    constexpr std::string_view separators = ", ";
    const std::string list = ascii_lower(no_proxy);
    for (std::size_t at = 0; (at = list.find_first_not_of(separators, at)) != std::string::npos;) {
        const auto end = std::min(list.find_first_of(separators, at), list.size());
        const std::string entry = list.substr(at, end - at);
        if (entry == "*" || is_in_domain(host, entry)) return true;
        at = end;
    }
    return false;
}

/// "p%40ss" -> "p@ss"
std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const char* const digits = text.data() + i + 1;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
            plain += static_cast<char>(value);
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::optional<Proxy> parse(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (text.starts_with(scheme))
        text.remove_prefix(scheme.size());
    else if (text.find("://") != std::string_view::npos)
        return std::nullopt;
    text = text.substr(0, text.find('/'));
    Proxy proxy;
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = text.substr(0, at);
        const auto colon = std::min(login.find(':'), login.size());
        proxy.user = decoded(login.substr(0, colon));
        proxy.password = Secret{decoded(login.substr(std::min(colon + 1, login.size())))};
        text.remove_prefix(at + 1);
    }
    if (text.empty()) return std::nullopt;
    proxy.url = std::string{scheme} + std::string{text};
    return proxy;
}

}  // namespace

ProxyEnvironment ProxyEnvironment::read() {
    return {first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}),
            first_of({"no_proxy", "NO_PROXY"})};
}

std::optional<Proxy> proxy_for(std::string_view server_url, std::string_view configured,
                               const ProxyEnvironment& environment) {
    if (!configured.empty()) return parse(configured);
    if (is_excepted(host_of(server_url), environment.no_proxy)) return std::nullopt;
    return parse(environment.https_proxy);
}

}  // namespace update::session
