#include "os/ipc_client.hpp"

#include <array>
#include <fmt/format.h>

#include "ipc/frame.hpp"
#include "os/event_loop.hpp"
#include "os/local_client.hpp"

namespace update {
namespace {

Result<std::string> receive(LocalClient& server, Instant deadline) {
    ipc::Deframer deframer;
    std::array<char, 4096> bytes;
    for (;;) {
        if (auto message = deframer.next()) return std::move(*message);
        UPDATE_TRY(count, server.receive(bytes, deadline), "reply");
        UPDATE_CHECK(deframer.feed(bytes.data(), count), "reply");
    }
}

}  // namespace

Result<ipc::Reply> ask(const Path& path, const ipc::Request& request, std::chrono::milliseconds timeout) {
    const std::string what = fmt::format("ask {} at {}", ipc::name(request.type), path.string());
    const Instant deadline = EventLoop::now() + timeout;
    UPDATE_TRY(framed, ipc::frame(ipc::encode(request)), what);
    UPDATE_TRY(server, LocalClient::connect(path, deadline), what);
    UPDATE_CHECK(server.send_all(framed, deadline), what);
    UPDATE_TRY(message, receive(server, deadline), what);
    UPDATE_TRY(reply, ipc::decode_reply(message), what);
    return std::move(reply);
}

}  // namespace update
