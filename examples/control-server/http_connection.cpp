#include <boost/asio/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>
#include <vector>

#include "byte_range.hpp"
#include "stream.hpp"

namespace control {
namespace {

constexpr std::uint32_t head_max_bytes = 16 * 1024;
constexpr std::uint64_t body_max_bytes = 512 * 1024;  // outcomes and alerts are smaller
// A download goes out in such pieces, each of which must be taken within a minute: slower than 4.3 kB/s is
// cut, which is below the slowest lines that agents were seen on (33 kB/s).
constexpr std::size_t chunk_bytes = 256 * 1024;
constexpr std::chrono::seconds chunk_timeout{60};

/// One HTTPS connection: handshake, then request after request. All work runs on the stream's strand.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
    HttpConnection(asio::ip::tcp::socket&& socket, asio::ssl::context& tls, Site& site, Permit permit)
        : stream_{std::move(socket), tls}, site_{site}, permit_{std::move(permit)} {}

    void start() {
        patience(handshake_timeout);
        stream_.async_handshake(asio::ssl::stream_base::server,
                                [self = shared_from_this()](beast::error_code failed) {
                                    if (!failed) self->read_head();
                                });
    }

 private:
    using Response = http::response<http::string_body>;

    void patience(std::chrono::seconds time) { beast::get_lowest_layer(stream_).expires_after(time); }

    void read_head() {
        parser_.emplace();
        parser_->header_limit(head_max_bytes);
        parser_->body_limit(body_max_bytes);
        patience(idle_timeout);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = shared_from_this()](beast::error_code failed, std::size_t) {
                                    if (failed) return self->refuse(failed);
                                    if (self->wants_websocket()) return self->become_websocket();
                                    self->read_body();
                                });
    }

    void read_body() {
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](beast::error_code failed, std::size_t) {
                             if (failed) return self->refuse(failed);
                             self->request_ = self->parser_->release();
                             self->handle();
                         });
    }

    bool wants_websocket() const {
        return beast::websocket::is_upgrade(parser_->get()) && parser_->get().target() == "/agent";
    }
    void become_websocket() {
        // Bytes behind the upgrade request would have to wait for our answer; a client that sends them is
        // broken.
        if (buffer_.size() != 0) return;
        start_websocket(std::move(stream_), parser_->release(), site_, std::move(permit_));
    }

    void refuse(beast::error_code failed) {
        const bool too_large = failed == http::error::body_limit || failed == http::error::header_limit;
        // Anything else than a malformed request is a connection that has ended or was too slow.
        if (failed.category() != make_error_code(http::error::bad_method).category() ||
            failed == http::error::end_of_stream || failed == http::error::partial_message)
            return shut_down();
        request_ = {};
        request_.keep_alive(false);
        refused_ = true;
        reply(too_large ? 413 : 400, "{\"error\":\"bad request\"}\n");
    }

    void handle() {
        const std::string target{request_.target()};
        const std::string path = target.substr(0, target.find('?'));
        if (path.starts_with("/metadata/") || path.starts_with("/targets/"))
            return open_artifact(path.substr(1));
        if (!path.starts_with("/api/")) return reply(404, "{\"error\":\"not found\"}\n");
        const std::string bearer = "Bearer ";
        const std::string authorization{request_[http::field::authorization]};
        auto answer =
            site_.api.handle({std::string{request_.method_string()}, path,
                              authorization.starts_with(bearer) ? authorization.substr(bearer.size()) : "",
                              std::move(request_.body())});
        reply(answer.status, std::move(answer.body));
    }

    void reply(unsigned status, std::string body) {
        auto response = std::make_shared<Response>(static_cast<http::status>(status), request_.version());
        response->set(http::field::content_type, "application/json");
        response->set(http::field::cache_control, "no-store");
        response->keep_alive(request_.keep_alive());
        const auto size = body.size();
        if (request_.method() != http::verb::head) response->body() = std::move(body);
        response->content_length(size);
        patience(idle_timeout);
        http::async_write(stream_, *response,
                          [self = shared_from_this(), response](beast::error_code failed, std::size_t) {
                              if (!failed) self->next();
                          });
    }

    void next() {
        if (request_.keep_alive()) return read_head();
        if (!refused_) return shut_down();
        patience(handshake_timeout);
        discard();
    }
    /// Closing while a refused request is still arriving would reset the connection, and take our answer with
    /// it.
    void discard() {
        chunk_.resize(chunk_bytes);
        stream_.async_read_some(asio::buffer(chunk_),
                                [self = shared_from_this()](beast::error_code failed, std::size_t) {
                                    if (!failed) self->discard();
                                });
    }
    void shut_down() {
        patience(handshake_timeout);
        stream_.async_shutdown([self = shared_from_this()](beast::error_code) {});
    }

    void open_artifact(const std::string& name) {
        if (request_.method() != http::verb::get && request_.method() != http::verb::head)
            return reply(405, "{\"error\":\"only GET and HEAD\"}\n");
        auto opened = site_.artifacts.open(name);
        if (!opened) return reply(404, "{\"error\":\"no such file\"}\n");
        artifact_ = std::move(*opened);
        if (!artifact_.etag.empty()) return send_artifact();
        beast::get_lowest_layer(stream_).expires_never();  // hashing is our own delay
        asio::post(site_.hashing, [self = shared_from_this()] {
            const bool hashed = self->site_.artifacts.hash(self->artifact_).has_value();
            asio::post(self->stream_.get_executor(), [self, hashed] {
                if (hashed) return self->send_artifact();
                self->reply(503, "{\"error\":\"try again later\"}\n");
            });
        });
    }

    RangeAnswer wanted_range() const {
        const auto if_range = request_[http::field::if_range];
        if (!if_range.empty() && if_range != artifact_.etag) return {};
        const auto range = request_[http::field::range];
        return answer_range({range.data(), range.size()}, artifact_.file.info().size_bytes);
    }

    void send_artifact() {
        const RangeAnswer answer = wanted_range();
        const std::string size = std::to_string(artifact_.file.info().size_bytes);
        auto response =
            std::make_shared<http::response<http::empty_body>>(http::status::ok, request_.version());
        range_ = {0, artifact_.file.info().size_bytes};
        if (answer.kind == RangeAnswer::Kind::part) {
            range_ = answer.range;
            response->result(http::status::partial_content);
            response->set(http::field::content_range, "bytes " + std::to_string(range_.first) + "-" +
                                                          std::to_string(range_.first + range_.count - 1) +
                                                          "/" + size);
        } else if (answer.kind == RangeAnswer::Kind::unsatisfiable) {
            range_ = {0, 0};
            response->result(http::status::range_not_satisfiable);
            response->set(http::field::content_range, "bytes */" + size);
        }
        response->set(http::field::etag, artifact_.etag);
        response->set(http::field::accept_ranges, "bytes");
        response->set(http::field::content_type, "application/octet-stream");
        response->content_length(range_.count);
        response->keep_alive(request_.keep_alive());
        if (request_.method() == http::verb::head) range_.count = 0;
        send_head(response);
    }

    void send_head(const std::shared_ptr<http::response<http::empty_body>>& response) {
        auto serializer = std::make_shared<http::response_serializer<http::empty_body>>(*response);
        patience(chunk_timeout);
        http::async_write_header(
            stream_, *serializer,
            [self = shared_from_this(), response, serializer](beast::error_code failed, std::size_t) {
                if (!failed) self->send_chunk();
            });
    }

    void send_chunk() {
        if (range_.count == 0) {
            artifact_ = {};
            return next();
        }
        chunk_.resize(chunk_bytes);
        const auto want = std::min<std::uint64_t>(chunk_.size(), range_.count);
        const std::size_t got = artifact_.file.read(range_.first, chunk_.data(), want);
        if (got == 0)
            return beast::get_lowest_layer(stream_).close();  // it shrank: a cut is how the client learns it
        range_.first += got;
        range_.count -= got;
        patience(chunk_timeout);
        asio::async_write(stream_, asio::buffer(chunk_.data(), got),
                          [self = shared_from_this()](beast::error_code failed, std::size_t) {
                              if (!failed) self->send_chunk();
                          });
    }

    TlsStream stream_;
    Site& site_;
    Permit permit_;
    beast::flat_buffer buffer_{head_max_bytes + chunk_bytes};
    std::optional<http::request_parser<http::string_body>> parser_;
    http::request<http::string_body> request_;
    OpenArtifact artifact_;
    ByteRange range_;
    std::vector<char> chunk_;
    bool refused_ = false;
};

}  // namespace

void start_http(asio::ip::tcp::socket&& socket, asio::ssl::context& tls, Site& site, Permit permit) {
    std::make_shared<HttpConnection>(std::move(socket), tls, site, std::move(permit))->start();
}

}  // namespace control
