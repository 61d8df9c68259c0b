#include <boost/beast/websocket.hpp>
#include <deque>

#include "log.hpp"
#include "session/messages.hpp"
#include "stream.hpp"

namespace control {
namespace {

namespace websocket = beast::websocket;

constexpr std::size_t queue_max = 64;  // messages; an agent that reads nothing while we send so many is cut
constexpr std::chrono::seconds auth_timeout{10};
constexpr std::chrono::seconds silence_max{60};  // pings go out in the middle of it

/// One agent's connection. All work runs on the stream's strand.
class WebsocketSession : public Peer, public std::enable_shared_from_this<WebsocketSession> {
 public:
    WebsocketSession(TlsStream&& stream, Site& site, Permit permit)
        : ws_{std::move(stream)}, auth_timer_{ws_.get_executor()}, site_{site}, permit_{std::move(permit)} {}

    void start(const http::request<http::string_body>& upgrade) {
        beast::get_lowest_layer(ws_).expires_never();  // the WebSocket has time-outs of its own
        ws_.set_option(
            websocket::stream_base::timeout{handshake_timeout, silence_max, /*keep_alive_pings=*/true});
        ws_.read_message_max(update::session::message_max_bytes);
        auth_timer_.expires_after(auth_timeout);
        auth_timer_.async_wait([weak = weak_from_this()](beast::error_code failed) {
            const auto self = weak.lock();
            if (!failed && self && !self->talk_.authenticated()) self->cut();
        });
        ws_.async_accept(upgrade, [self = shared_from_this()](beast::error_code failed) {
            if (!failed) self->read();
        });
    }

    void send(std::string text) override {
        asio::post(ws_.get_executor(), [self = shared_from_this(), text = std::move(text)]() mutable {
            if (self->closing_) return;
            if (self->queue_.size() >= queue_max) return self->cut();
            self->queue_.push_back(std::move(text));
            if (self->queue_.size() == 1) self->write();
        });
    }

    void close(std::string reason) override {
        asio::post(ws_.get_executor(), [self = shared_from_this(), reason = std::move(reason)]() mutable {
            if (self->closing_) return;
            self->closing_ = true;
            self->close_reason_ = std::move(reason);
            if (self->queue_.empty()) self->finish();
        });
    }

 private:
    void read() {
        ws_.async_read(buffer_, [self = shared_from_this()](beast::error_code failed, std::size_t) {
            if (failed) return self->ended();
            if (!self->ws_.got_text())
                self->close("not in the protocol");
            else if (!self->closing_)
                self->site_.fleet.receive(self->talk_, self, beast::buffers_to_string(self->buffer_.data()));
            self->buffer_.consume(self->buffer_.size());
            self->read();
        });
    }

    void write() {
        ws_.text(true);
        ws_.async_write(asio::buffer(queue_.front()),
                        [self = shared_from_this()](beast::error_code failed, std::size_t) {
                            if (failed) return self->cut();
                            self->queue_.pop_front();
                            if (!self->queue_.empty()) return self->write();
                            if (self->closing_) self->finish();
                        });
    }

    void finish() {
        ws_.async_close({websocket::close_code::policy_error, close_reason_},
                        [self = shared_from_this()](auto) {});
    }
    void cut() { beast::get_lowest_layer(ws_).close(); }
    void ended() {
        auth_timer_.cancel();
        if (talk_.authenticated()) log("agent {}: disconnected", talk_.agent_id);
        site_.fleet.gone(talk_);
    }

    websocket::stream<TlsStream> ws_;
    asio::steady_timer auth_timer_;
    Site& site_;
    Permit permit_;
    Conversation talk_;
    beast::flat_buffer buffer_;
    std::deque<std::string> queue_;
    bool closing_ = false;
    std::string close_reason_;
};

}  // namespace

void start_websocket(TlsStream&& stream, const http::request<http::string_body>& upgrade, Site& site,
                     Permit permit) {
    std::make_shared<WebsocketSession>(std::move(stream), site, std::move(permit))->start(upgrade);
}

}  // namespace control
