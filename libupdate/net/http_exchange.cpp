#include "net/http_exchange.hpp"

#include <fmt/format.h>

#include "net/curl_error.hpp"

namespace update {
namespace {

using std::chrono::steady_clock;

// Half of what the port promises, so that one late wake-up does not break the promise.
constexpr std::chrono::milliseconds tick_interval{100};
// A redirect's body is for people; more of it than this is not waited for.
constexpr std::uint64_t redirect_body_max_bytes = 64 * 1024;

Exchange& exchange(void* self) { return *static_cast<Exchange*>(self); }

std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    return exchange(self).take_header({data, size});
}
std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    return exchange(self).take_body(std::as_bytes(std::span{data, size}));
}
int on_connected(void* self, char*, char*, int, int) {
    exchange(self).connected();
    return CURL_PREREQFUNC_OK;
}

/// The easy handle's stay in the multi handle, whose connections are kept for the next exchange.
class Stay {
 public:
    Stay(CURLM* multi, CURL* easy) : multi_{multi}, easy_{easy} { curl_multi_add_handle(multi_, easy_); }
    ~Stay() { curl_multi_remove_handle(multi_, easy_); }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;

 private:
    CURLM* multi_;
    CURL* easy_;
};

CURLcode result_of(CURLM* multi) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
        if (message->msg == CURLMSG_DONE) return message->data.result;
    return CURLE_FAILED_INIT;
}

}  // namespace

Exchange::Exchange(CURL* easy, CURLM* multi, HttpSink& sink, const ExchangeLimits& limits)
    : easy_{easy}, multi_{multi}, sink_{sink}, limits_{limits}, last_tick_{steady_clock::now()} {
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, detail_);
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &on_connected);
    curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
}

Result<HttpHead> Exchange::run() {
    const auto code = transfer();
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, nullptr);
    if (ended_) return *std::move(ended_);
    if (code != CURLE_OK && !redirected()) return error_of(code, detail_);
    return head_;
}

CURLcode Exchange::transfer() {
    const Stay stay{multi_, easy_};
    for (int running = 1; running != 0 && !ended_;) {
        if (curl_multi_perform(multi_, &running) != CURLM_OK) return CURLE_FAILED_INIT;
        if (running != 0 && !ended_) look_at_clock();
        if (running != 0 && !ended_)
            curl_multi_poll(multi_, nullptr, 0, static_cast<int>(tick_interval.count()), nullptr);
    }
    return result_of(multi_);
}

void Exchange::look_at_clock() {
    const auto now = steady_clock::now();
    if (now >= limits_.deadline) return end({ErrorCode::timed_out, "the total time limit has passed"});
    if (last_byte_at_ && now - *last_byte_at_ >= limits_.stall)
        return end(
            {ErrorCode::retry_later, fmt::format("stalled: no byte for {} ms", limits_.stall.count())});
    if (now - last_tick_ < tick_interval) return;
    last_tick_ = now;
    if (auto status = sink_.tick(); !status) end(std::move(status).error());
}

std::size_t Exchange::take_header(std::string_view line) noexcept {
    last_byte_at_ = steady_clock::now();
    if (head_complete_) return line.size();  // trailers
    if (!reader_.line(line)) return line.size();
    head_complete_ = true;
    head_ = reader_.head(
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    if (reader_.is_redirect()) return line.size();
    if (auto status = sink_.head(head_); !status) {
        end(std::move(status).error());
        return 0;
    }
    return line.size();
}

std::size_t Exchange::take_body(std::span<const std::byte> bytes) noexcept {
    if (reader_.is_redirect()) {
        body_bytes_ += bytes.size();
        return body_bytes_ > redirect_body_max_bytes ? 0 : bytes.size();
    }
    if (bytes.size() > limits_.body_max_bytes - body_bytes_) {
        end({ErrorCode::corrupt,
             fmt::format("the server sends more than the {} bytes asked for", limits_.body_max_bytes)});
        return 0;
    }
    body_bytes_ += bytes.size();
    if (auto status = sink_.body(bytes); !status) {
        end(std::move(status).error());
        return 0;
    }
    last_byte_at_ = steady_clock::now();
    return bytes.size();
}

}  // namespace update
