// HTTP(S) downloads by libcurl.
#pragma once
#include <cstdint>
#include <memory>

#include <update/settings.hpp>

#include "ports/http.hpp"

namespace update {

/// Whether a proxy may stand in between.
enum class Proxies : std::uint8_t {
    allowed,  ///< the configured one, else the environment's
    never,    ///< for what is meant to be reached from this very machine
};

/// HTTP/1.1 over TLS 1.2 or newer; plain http only when allowed. Trusts the OS store plus `ca_file`. Follows
/// at most five redirects, never from https to http. User information of URLs and proxies is in no error
/// message. Keeps connections for the next `get`. One thread at a time. The timeouts count in time that the
/// machine is awake.
class CurlHttp : public Http {
 public:
    explicit CurlHttp(const TransferSettings&, Proxies = Proxies::allowed);
    ~CurlHttp() override;
    CurlHttp(const CurlHttp&) = delete;
    CurlHttp& operator=(const CurlHttp&) = delete;

    /// Beside what the port promises: `refused` when `ca_file` cannot be read, `unsupported` when this
    /// libcurl does not use OpenSSL.
    Result<HttpHead> get(const HttpRequest&, HttpSink&) override;

 private:
    struct Session;
    std::unique_ptr<Session> session_;
};

}  // namespace update
