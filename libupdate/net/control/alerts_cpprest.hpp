// Posts alerts to the control server. cpprestsdk stays behind it.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <update/result.hpp>

#include "ports/random.hpp"
#include "session/proxy.hpp"
#include "session/reconnect.hpp"
#include "session/secret.hpp"

namespace update {

struct AlertSettings {
    std::string url;      ///< https://HOST[:PORT]/api/alerts, see session::alerts_url
    std::string ca_file;  ///< PEM with further authorities beside those of the operating system; "" for none
    std::optional<session::Proxy> proxy;  ///< to go through
    session::Secret key;         ///< sent as `Authorization: Bearer`; never redirected to another server
    std::size_t queue_max = 64;  ///< alerts kept while the server is away; beyond it the oldest is dropped
    std::chrono::milliseconds request_timeout{15'000};
    session::Reconnect
        backoff;  ///< between attempts for the same alert; it is tried until dropped or refused
};

/// Delivers alerts in order, one at a time, on a thread of its own. Thread-safe. Nothing throws.
class AlertPoster {
 public:
    struct Counts {
        std::uint64_t delivered = 0;
        std::uint64_t dropped =
            0;  ///< the queue was full, or the poster was closed before they could be delivered
        std::uint64_t rejected = 0;  ///< the server said that it will never take them (4xx)
    };

    /// @param random  used from the poster's thread; outlives the poster
    /// @return `refused` for a URL that is not https:// or an unusable CA file; `retry_later` without a
    /// thread
    static Result<std::unique_ptr<AlertPoster>> create(const AlertSettings&, Random& random);
    /// Closes with two seconds of patience.
    ~AlertPoster();
    AlertPoster(const AlertPoster&) = delete;
    AlertPoster& operator=(const AlertPoster&) = delete;

    /// Queues one alert (`session::encode_alert`) and returns at once. After `close` it only counts as
    /// dropped.
    void post(std::string json);
    /// Goes on delivering until the queue is empty or the time is over, then ends the thread. Idempotent.
    /// @return `timed_out` when alerts were left undelivered
    Status close(std::chrono::milliseconds timeout);
    Counts counts() const;

 private:
    class Impl;
    explicit AlertPoster(std::unique_ptr<Impl>);
    std::unique_ptr<Impl> impl_;
};

}  // namespace update
