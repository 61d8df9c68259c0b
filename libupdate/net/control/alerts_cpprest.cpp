#include "net/control/alerts_cpprest.hpp"

#define _TURN_OFF_PLATFORM_STRING
#include <condition_variable>
#include <cpprest/http_client.h>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include "net/control/cpprest_threads.hpp"
#include "net/control/web_proxy.hpp"

namespace update {
namespace {

namespace http = web::http;
using std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;

constexpr int no_answer = 0;  // instead of a status code

http::client::http_client_config configure(const AlertSettings& settings) {
    http::client::http_client_config config;
    config.set_timeout(settings.request_timeout);
    config.set_proxy(web_proxy(settings.proxy));
    config.set_max_redirects(0);  // the key goes to the server that was configured and to no other
    config.set_ssl_context_callback([ca_file = settings.ca_file](boost::asio::ssl::context& context) {
        using Context = boost::asio::ssl::context;
        boost::system::error_code failed;  // checked in create; if the file vanished, the handshake fails
        context.set_options(Context::no_sslv2 | Context::no_sslv3 | Context::no_tlsv1 | Context::no_tlsv1_1,
                            failed);
        if (!ca_file.empty()) context.load_verify_file(ca_file, failed);
    });
    return config;
}

enum class Verdict { delivered, rejected, again };

Verdict judge(int status) {
    if (status >= 200 && status < 300) return Verdict::delivered;
    // 408 and 429 ask to come again; the other 4xx would say the same next time.
    if (status >= 400 && status < 500 && status != 408 && status != 429) return Verdict::rejected;
    return Verdict::again;
}

}  // namespace

class AlertPoster::Impl {
 public:
    Impl(const AlertSettings& settings, Random& random)
        : settings_{settings},
          random_{random},
          client_{web::uri{utility::conversions::to_string_t(settings.url)}, configure(settings)} {
        thread_ = std::thread{[this] { run(); }};
    }

    void post(std::string json) {
        const std::lock_guard lock{shared_->mutex};
        if (closing_) {
            ++counts_.dropped;
            return;
        }
        if (queue_.size() >= settings_.queue_max) {
            queue_.pop_front();
            ++front_number_;
            ++counts_.dropped;
        }
        queue_.push_back(std::move(json));
        shared_->changed.notify_all();
    }

    Status close(milliseconds timeout) {
        {
            const std::lock_guard lock{shared_->mutex};
            if (!closing_) closing_ = std::chrono::steady_clock::now() + timeout;
            shared_->changed.notify_all();
        }
        const std::lock_guard lock{joining_};
        if (thread_.joinable()) thread_.join();
        return left_over_ == 0 ? done() : Error{ErrorCode::timed_out, "alerts were left undelivered"};
    }

    Counts counts() const {
        const std::lock_guard lock{shared_->mutex};
        return counts_;
    }

 private:
    /// Outlives the poster when cpprestsdk answers too late.
    struct Shared {
        std::mutex mutex;
        std::condition_variable changed;
    };
    using Lock = std::unique_lock<std::mutex>;

    void run() {
        Lock lock{shared_->mutex};
        unsigned failures = 0;
        while (wait_for_work(lock)) {
            const std::uint64_t number = front_number_;
            const std::string json = queue_.front();
            const Verdict verdict = judge(attempt(lock, json));
            if (verdict == Verdict::again) {
                rest(lock, ++failures);
                continue;
            }
            failures = 0;
            ++(verdict == Verdict::delivered ? counts_.delivered : counts_.rejected);
            if (number == front_number_) {
                queue_.pop_front();
                ++front_number_;
            } else {
                --counts_.dropped;  // it was pushed out of the queue while it was on its way
            }
        }
        left_over_ = queue_.size();
        counts_.dropped += queue_.size();
        queue_.clear();
    }

    bool over() const { return closing_ && std::chrono::steady_clock::now() >= *closing_; }

    bool wait_for_work(Lock& lock) {
        shared_->changed.wait(lock, [&] { return closing_ || !queue_.empty(); });
        return !queue_.empty() && !over();
    }

    /// Waits in a way that `close` can shorten, at most until `deadline` or `ended`.
    template <class Ended>
    void wait(Lock& lock, Deadline deadline, Ended ended) {
        while (!ended()) {
            const Deadline until = closing_ ? std::min(deadline, *closing_) : deadline;
            if (std::chrono::steady_clock::now() >= until) return;
            shared_->changed.wait_until(lock, until);
        }
    }

    void rest(Lock& lock, unsigned failures) {
        const auto random = random_.below(std::numeric_limits<std::uint64_t>::max());
        const auto pause = session::backoff(settings_.backoff, failures, random);
        wait(lock, std::chrono::steady_clock::now() + pause, [] { return false; });
    }

    /// @return the status code, or no_answer
    int attempt(Lock& lock, const std::string& json) {
        const auto deadline = std::chrono::steady_clock::now() + settings_.request_timeout;
        const auto status = std::make_shared<std::optional<int>>();
        pplx::cancellation_token_source cancel;
        lock.unlock();
        const bool started = start(json, cancel.get_token(), status);
        lock.lock();
        if (!started) return no_answer;
        wait(lock, deadline, [&] { return status->has_value(); });
        if (*status) return **status;
        lock.unlock();
        cancel.cancel();
        lock.lock();
        return no_answer;
    }

    bool start(const std::string& json, const pplx::cancellation_token& token,
               const std::shared_ptr<std::optional<int>>& status) {
        try {
            http::http_request request{http::methods::POST};
            request.headers().add(http::header_names::authorization,
                                  utility::conversions::to_string_t("Bearer " + settings_.key.reveal()));
            request.set_body(json, "application/json");
            client_.request(request, token)
                .then([shared = shared_, status](const pplx::task<http::http_response>& task) {
                    int code = no_answer;
                    try {
                        code = task.get().status_code();
                    } catch (const std::exception&) {
                        // Not delivered, whatever the cause: tried again later.
                    }
                    const std::lock_guard lock{shared->mutex};
                    *status = code;
                    shared->changed.notify_all();
                });
            return true;
        } catch (const std::exception&) {
            return false;
        }
    }

    const AlertSettings settings_;
    Random& random_;
    http::client::http_client client_;
    const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
    std::deque<std::string> queue_;
    std::uint64_t front_number_ = 0;  ///< counts up with each alert that leaves the queue
    std::optional<Deadline> closing_;
    Counts counts_;
    std::size_t left_over_ = 0;
    std::mutex joining_;
    std::thread thread_;
};

Result<std::unique_ptr<AlertPoster>> AlertPoster::create(const AlertSettings& settings, Random& random) {
    if (!settings.url.starts_with("https://"))
        return Error{ErrorCode::refused, "alerts: only https:// is allowed"};
    limit_cpprest_threads();
    try {
        if (!settings.ca_file.empty()) {
            boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
            boost::system::error_code failed;
            context.load_verify_file(settings.ca_file, failed);
            if (failed)
                return Error{ErrorCode::refused,
                             "alerts: CA file " + settings.ca_file + ": " + failed.message()};
        }
        return std::unique_ptr<AlertPoster>{new AlertPoster{std::make_unique<Impl>(settings, random)}};
    } catch (const std::system_error& e) {
        return Error{ErrorCode::retry_later, "alerts: cannot start", e.code()};
    } catch (const std::exception& e) {
        return Error{ErrorCode::refused, std::string{"alerts: "} + e.what()};
    }
}

AlertPoster::AlertPoster(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
AlertPoster::~AlertPoster() { (void)impl_->close(std::chrono::seconds{2}); }
void AlertPoster::post(std::string json) { impl_->post(std::move(json)); }
Status AlertPoster::close(milliseconds timeout) { return impl_->close(timeout); }
AlertPoster::Counts AlertPoster::counts() const { return impl_->counts(); }

}  // namespace update
