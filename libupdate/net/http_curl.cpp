#include "net/http_curl.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <fmt/format.h>
#include <limits>

#include "net/curl_url.hpp"
#include "net/http_exchange.hpp"
#include "net/tls_trust.hpp"

namespace update {
namespace {

constexpr unsigned redirects_max = 5;  // security rule R10
// The default set, in another order: AES-128 takes ten rounds instead of fourteen, on both ends (64 MiB over
// loopback: about 5 % less time in 21 interleaved runs on a busy machine). What is downloaded is public and
// verified by its digest.
constexpr const char* ciphers = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr long receive_buffer_bytes = 64 * 1024;  // four records of TLS, which come one by one

struct CleanUp {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct CleanUpMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Headers = std::unique_ptr<curl_slist, CleanUp>;

template <class Number>
long as_long(Number value) {
    return static_cast<long>(std::clamp<Number>(value, 0, std::numeric_limits<long>::max()));
}

/// curl empties its whole buffer before it looks at the rate: with a low rate a big one would come in bursts.
long buffer_for(std::uint64_t rate) {
    if (rate == 0) return receive_buffer_bytes;
    return static_cast<long>(std::clamp<std::uint64_t>(rate / 8, 1024, receive_buffer_bytes));
}

bool once_per_process() {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return ready;
}

Headers headers_for(const HttpRequest& request) {
    Headers headers;
    const auto add = [&headers](const std::string& line) {
        if (auto* longer = curl_slist_append(headers.get(), line.c_str())) {
            headers.release();
            headers.reset(longer);
        }
    };
    if (request.first_byte > 0) add(fmt::format("Range: bytes={}-", request.first_byte));
    if (request.first_byte > 0 && !request.if_range.empty()) add("If-Range: " + request.if_range);
    if (!request.if_none_match.empty()) add("If-None-Match: " + request.if_none_match);
    return headers;
}

Status check_scheme(const Url& url, bool allow_http) {
    if (url.scheme == "https" || (url.scheme == "http" && allow_http)) return done();
    if (url.scheme == "http")
        return Error{ErrorCode::refused, "plain http is not allowed by the configuration"};
    return Error{ErrorCode::refused, fmt::format("scheme {} is not supported", url.scheme)};
}

Result<Url> follow(const Url& from, const std::string& location) {
    auto next = resolve_url(from, location);
    if (next && from.scheme == "https" && next->scheme != "https")
        return Error{ErrorCode::refused, fmt::format("redirected from https to {}", next->scheme)};
    return next;
}

}  // namespace

struct CurlHttp::Session {
    TransferSettings settings;
    TlsTrust trust;  // before curl: it keeps OpenSSL from reading a configuration file
    bool curl_ready = once_per_process();
    std::unique_ptr<CURLM, CleanUpMulti> multi{curl_multi_init()};
    std::unique_ptr<CURL, CleanUp> easy{curl_easy_init()};
    Status usable;

    Session(const TransferSettings& s, Proxies proxies)
        : settings{s}, trust{s.ca_file}, usable{configure(proxies)} {}

    Status configure(Proxies proxies) {
        if (!curl_ready || !multi || !easy)
            return Error{ErrorCode::unsupported, "libcurl cannot be initialised"};
        const auto set = [this](CURLoption option, auto value) {
            curl_easy_setopt(easy.get(), option, value);
        };
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_PATH_AS_IS, 1L);
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        set(CURLOPT_TLS13_CIPHERS, ciphers);
        set(CURLOPT_PROTOCOLS_STR, settings.allow_http ? "http,https" : "https");
        set(CURLOPT_USERAGENT, "libupdate");
        set(CURLOPT_CONNECTTIMEOUT_MS, as_long(settings.connect_timeout.count()));
        set(CURLOPT_BUFFERSIZE, buffer_for(settings.rate_limit_bytes_per_s));
        set(CURLOPT_MAX_RECV_SPEED_LARGE, static_cast<curl_off_t>(as_long(settings.rate_limit_bytes_per_s)));
        if (proxies == Proxies::never) {
            set(CURLOPT_NOPROXY, "*");
        } else if (!settings.proxy.empty()) {
            set(CURLOPT_PROXY, settings.proxy.c_str());
            set(CURLOPT_NOPROXY, "");  // a configured proxy is for every host, whatever the environment says
        }
        return trust.apply_to(easy.get());
    }

    Result<HttpHead> run(const HttpRequest& request, HttpSink& sink) {
        const ExchangeLimits limits{request.body_max_bytes, settings.stall_timeout,
                                    std::chrono::steady_clock::now() + settings.total_timeout};
        UPDATE_TRY(url, parse_url(request.url), "address");
        const auto headers = headers_for(request);
        curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
        for (unsigned hop = 0; hop <= redirects_max; ++hop) {
            UPDATE_CHECK(check_scheme(url, settings.allow_http), url.host);
            curl_easy_setopt(easy.get(), CURLOPT_URL, url.text.c_str());
            Exchange exchange{easy.get(), multi.get(), sink, limits};
            auto head = exchange.run();
            if (!trust.trouble().empty()) return Error{ErrorCode::refused, trust.trouble()};
            if (!head || !exchange.redirected()) return head;
            UPDATE_TRY(next, follow(url, exchange.location()), url.host);
            url = std::move(next);
        }
        return Error{ErrorCode::refused, fmt::format("more than {} redirects", redirects_max)};
    }
};

CurlHttp::CurlHttp(const TransferSettings& settings, Proxies proxies)
    : session_{std::make_unique<Session>(settings, proxies)} {}
CurlHttp::~CurlHttp() = default;

Result<HttpHead> CurlHttp::get(const HttpRequest& request, HttpSink& sink) {
    if (!session_->usable) return session_->usable.error();
    auto head = session_->run(request, sink);
    curl_easy_setopt(session_->easy.get(), CURLOPT_HTTPHEADER, nullptr);
    return head;
}

}  // namespace update
