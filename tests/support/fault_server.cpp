#include "support/fault_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <span>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace update::test {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error{std::string{"fault server: "} + what};
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// For this thread and those that it starts; not for the client under test, which shall not depend on it.
void keep_out_broken_pipes() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

SeenRequest parse_request(const std::string& head, unsigned connection) {
    SeenRequest request;
    request.connection = connection;
    const auto line_end = head.find("\r\n");
    const auto first = head.find(' ');
    request.path = head.substr(first + 1, head.find(' ', first + 1) - first - 1);
    for (auto at = line_end + 2; at < head.size();) {
        const auto end = head.find("\r\n", at);
        const auto colon = head.find(':', at);
        if (end == at || colon == std::string::npos) break;
        const auto value = head.find_first_not_of(' ', colon + 1);
        request.headers[lower(head.substr(at, colon - at))] = head.substr(value, end - value);
        at = end + 2;
    }
    return request;
}

std::string header(const SeenRequest& request, const std::string& name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string{} : found->second;
}

/// First byte that the client wants, 0 for all.
std::size_t wanted_from(const SeenRequest& request, const Reply& reply) {
    const auto range = header(request, "range");
    const auto validator = header(request, "if-range");
    if (range.empty() || reply.ignores_range || reply.status != 200) return 0;
    if (reply.honours_if_range && !validator.empty() && validator != reply.etag) return 0;
    return std::stoull(range.substr(range.find('=') + 1));
}

std::string head_of(const Reply& reply, std::size_t from) {
    const auto total = std::to_string(reply.body.size());
    std::string head = "HTTP/1.1 " + std::to_string(from > 0 ? 206 : reply.status) + " Reply\r\n";
    if (!reply.etag.empty()) head += "ETag: " + reply.etag + "\r\n";
    if (from > 0 || reply.content_range)
        head += "Content-Range: " +
                reply.content_range.value_or("bytes " + std::to_string(from) + "-" +
                                             std::to_string(reply.body.size() - 1) + "/" + total) +
                "\r\n";
    for (const auto& line : reply.headers) head += line + "\r\n";
    head += reply.announces_length ? "Content-Length: " + std::to_string(reply.body.size() - from) + "\r\n"
                                   : std::string{"Transfer-Encoding: chunked\r\n"};
    return head + "\r\n";
}

std::string hexadecimal(std::size_t value) {
    char text[20];
    std::snprintf(text, sizeof text, "%zx", value);
    return text;
}

}  // namespace

struct FaultServer::Tls {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    explicit Tls(const TestCa& ca) {
        require(SSL_CTX_use_certificate_file(context, ca.certificate_file().c_str(), SSL_FILETYPE_PEM) == 1 &&
                    SSL_CTX_use_PrivateKey_file(context, ca.key_file().c_str(), SSL_FILETYPE_PEM) == 1,
                "certificate");
    }
    ~Tls() { SSL_CTX_free(context); }
};

/// Blocking reads and writes that end when the peer goes or the server stops.
class FaultServer::Connection {
 public:
    Connection(int socket, int stop, const Tls* tls) : socket_{socket}, stop_{stop} {
        const int on = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (tls == nullptr) return;
        ssl_ = SSL_new(tls->context);
        SSL_set_fd(ssl_, socket_);
        open_ = SSL_accept(ssl_) == 1;
    }
    ~Connection() {
        if (ssl_ != nullptr) SSL_free(ssl_);
        close(socket_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool open() const { return open_; }

    /// Up to the empty line; empty when the connection ended.
    std::string read_head() {
        std::string head;
        char byte = 0;
        while (open_ && head.find("\r\n\r\n") == std::string::npos) {
            if (!readable()) return {};
            const auto count =
                ssl_ != nullptr ? SSL_read(ssl_, &byte, 1) : static_cast<int>(recv(socket_, &byte, 1, 0));
            if (count != 1) return {};
            head += byte;
        }
        return head;
    }
    bool write(std::span<const std::byte> bytes) {
        while (open_ && !bytes.empty()) {
            const auto count =
                ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                : static_cast<int>(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
            if (count <= 0)
                open_ = false;
            else
                bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
        return open_;
    }
    bool write(const std::string& text) { return write(std::as_bytes(std::span{text})); }

    /// Nothing is sent until the client closes or the server stops.
    void be_silent() {
        while (wait(-1) == Event::input) {
            char buffer[4096];
            if (recv(socket_, buffer, sizeof buffer, 0) <= 0) return;
        }
    }
    /// A pause of a slow server. @return false when the server stops
    bool pause(std::chrono::milliseconds time) {
        pollfd stop{stop_, POLLIN, 0};
        return poll(&stop, 1, static_cast<int>(time.count())) == 0;
    }
    /// The end of the stream, without TLS farewell.
    void cut() {
        shutdown(socket_, SHUT_WR);
        be_silent();
        open_ = false;
    }
    /// As a restarted middle box does it: RST.
    void reset() {
        const linger at_once{1, 0};
        setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        open_ = false;
    }

 private:
    enum class Event { input, stop, over };
    Event wait(int timeout_ms) {
        pollfd events[] = {{socket_, POLLIN, 0}, {stop_, POLLIN, 0}};
        if (poll(events, 2, timeout_ms) <= 0) return Event::over;
        return events[1].revents != 0 ? Event::stop : Event::input;
    }
    bool readable() { return (ssl_ != nullptr && SSL_pending(ssl_) > 0) || wait(-1) == Event::input; }

    int socket_, stop_;
    SSL* ssl_ = nullptr;
    bool open_ = true;
};

namespace {

/// Paced, cut and counted as the reply says. @return false when the connection is over
template <class Connection>
bool send_body(Connection& connection, const Reply& reply, std::size_t from,
               std::atomic<std::uint64_t>& sent_total) {
    std::size_t sent = 0;
    const auto left = std::span{reply.body}.subspan(from);
    auto limit = left.size();
    for (const auto& end : {reply.cut_after, reply.reset_after, reply.silent_after})
        limit = std::min(limit, end.value_or(limit));
    const auto pace = std::max<std::size_t>(reply.bytes_per_second / 20, 1);
    while (sent < limit) {
        auto piece = left.subspan(sent, std::min(piece_bytes, limit - sent));
        if (reply.bytes_per_second > 0) {
            piece = piece.first(std::min(piece.size(), pace));
            if (!connection.pause(std::chrono::milliseconds{50})) return false;
        }
        if (!reply.announces_length && !connection.write(hexadecimal(piece.size()) + "\r\n")) return false;
        if (!connection.write(piece)) return false;
        if (!reply.announces_length && !connection.write("\r\n")) return false;
        sent += piece.size();
        sent_total += piece.size();
    }
    if (reply.silent_after) connection.be_silent();
    if (reply.cut_after) connection.cut();
    if (reply.reset_after) connection.reset();
    if (reply.silent_after || reply.cut_after || reply.reset_after) return false;
    return reply.announces_length || connection.write("0\r\n\r\n");
}

}  // namespace

FaultServer::FaultServer(const TestCa* ca) : tls_{ca != nullptr ? std::make_unique<Tls>(*ca) : nullptr} {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                listen(listener_, 64) == 0,
            "listen");
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    stop_reader_ = ends[0];
    stop_writer_ = ends[1];
    acceptor_ = std::thread{[this] { accept_all(); }};
}

FaultServer::~FaultServer() {
    require(::write(stop_writer_, "x", 1) == 1, "stop");
    acceptor_.join();
    for (auto& connection : connections_) connection.join();
    for (const int fd : {listener_, stop_reader_, stop_writer_}) close(fd);
}

void FaultServer::script(const std::string& path, std::vector<Reply> replies) {
    const std::lock_guard lock{mutex_};
    auto& script = scripts_[path];
    script.clear();
    for (auto& reply : replies) script.push_back(std::make_shared<const Reply>(std::move(reply)));
}

std::string FaultServer::url(const std::string& path, const std::string& user_info) const {
    return (tls_ ? "https://" : "http://") + (user_info.empty() ? "" : user_info + "@") +
           "127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<SeenRequest> FaultServer::requests() const {
    const std::lock_guard lock{mutex_};
    return requests_;
}

void FaultServer::accept_all() {
    keep_out_broken_pipes();
    for (unsigned number = 1;; ++number) {
        pollfd events[] = {{listener_, POLLIN, 0}, {stop_reader_, POLLIN, 0}};
        if (poll(events, 2, -1) < 0 || events[1].revents != 0) return;
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket >= 0) connections_.emplace_back([this, socket, number] { serve(socket, number); });
    }
}

void FaultServer::serve(int socket, unsigned number) {
    Connection connection{socket, stop_reader_, tls_.get()};
    while (connection.open()) {
        const auto head = connection.read_head();
        if (head.empty()) return;
        const auto request = parse_request(head, number);
        const auto reply = next_reply(request);
        const auto from = std::min(wanted_from(request, *reply), reply->body.size());
        if (!connection.write(head_of(*reply, from))) return;
        if (!send_body(connection, *reply, from, body_bytes_sent_)) return;
    }
}

std::shared_ptr<const Reply> FaultServer::next_reply(const SeenRequest& request) {
    const std::lock_guard lock{mutex_};
    requests_.push_back(request);
    auto& replies = scripts_[request.path];
    if (replies.empty()) {
        Reply unknown;
        unknown.status = 404;
        return std::make_shared<const Reply>(unknown);
    }
    auto reply = replies.front();
    if (replies.size() > 1) replies.pop_front();
    return reply;
}

}  // namespace update::test
