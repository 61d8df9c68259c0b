#include "support/fault_server.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>

#include "support/native_sockets.hpp"

namespace update::test {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

std::string hexadecimal(std::size_t value) {
    char text[20];
    std::snprintf(text, sizeof text, "%zx", value);
    return text;
}

/// Paced, cut and counted as the reply says. @return false when the connection is over
bool send_body(FaultConnection& connection, const Reply& reply, std::size_t from,
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

FaultServer::FaultServer(const TestCa* ca) : tls_{ca != nullptr ? make_tls_identity(*ca) : nullptr} {
    begin_sockets();
    sockaddr_in address;
    listener_ = static_cast<SocketNumber>(listen_here(address));
    port_ = ntohs(address.sin_port);
    const auto stop = connected_pair();
    stop_reader_ = static_cast<SocketNumber>(stop.first);
    stop_writer_ = static_cast<SocketNumber>(stop.second);
    acceptor_ = std::thread{[this] { accept_all(); }};
}

FaultServer::~FaultServer() {
    end_sending(static_cast<NativeSocket>(stop_writer_));
    acceptor_.join();
    for (auto& connection : connections_) connection.join();
    for (const auto socket : {listener_, stop_reader_, stop_writer_})
        close_socket(static_cast<NativeSocket>(socket));
    end_sockets();
}

void FaultServer::script(const std::string& path, std::vector<Reply> replies) {
    const std::lock_guard lock{mutex_};
    auto& script = scripts_[path];
    script.clear();
    for (auto& reply : replies) script.push_back(std::make_shared<const Reply>(std::move(reply)));
}

void FaultServer::serve(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in{entry.path(), std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        const auto bytes = std::as_bytes(std::span{text});
        Reply reply;
        reply.body = {bytes.begin(), bytes.end()};
        reply.etag.clear();
        script("/" + std::filesystem::relative(entry.path(), folder).generic_string(), {reply});
    }
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
        const auto listener = static_cast<NativeSocket>(listener_);
        pollfd events[] = {{listener, POLLIN, 0}, {static_cast<NativeSocket>(stop_reader_), POLLIN, 0}};
        if (poll_sockets(events, 2, -1) < 0 || events[1].revents != 0) return;
        const auto socket = accept_from(listener);
        if (socket == no_socket) continue;
        connections_.emplace_back(
            [this, socket, number] { serve(static_cast<SocketNumber>(socket), number); });
    }
}

void FaultServer::serve(SocketNumber socket, unsigned number) {
    FaultConnection connection{socket, stop_reader_, tls_.get()};
    while (connection.open()) {
        const auto head = connection.read_head();
        if (head.empty()) return;
        const auto request = parse_request(head, number);
        const auto reply = next_reply(request);
        const auto from = first_byte_for(request, *reply);
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
