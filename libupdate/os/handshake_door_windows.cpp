#include <array>

#include "os/descriptor.hpp"
#include "os/event_loop.hpp"
#include "os/handshake_door.hpp"
#include "os/handshake_line.hpp"
#include "os/os_error.hpp"
#include "os/overlapped.hpp"
#include "os/wide.hpp"

namespace update {

struct HandshakeDoor::Impl {
    std::string name;
    Handle pipe;
    std::array<char, handshake_line_max> buffer{};
    Overlapped operation;

    Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { operation.cancel(); }

    Result<DWORD> finish(void* process, Instant deadline);
};

namespace {

Error ended() { return Error{ErrorCode::unsupported, "it ended or closed the handshake without an answer"}; }

}  // namespace

/// The operation's end, the process's end or the deadline, in this order.
Result<DWORD> HandshakeDoor::Impl::finish(void* process, Instant deadline) {
    const std::array<HANDLE, 2> watched{operation.event(), process};
    for (;;) {
        const DWORD ready = ::WaitForMultipleObjects(static_cast<DWORD>(watched.size()), watched.data(),
                                                     FALSE, milliseconds_until(deadline));
        if (const auto outcome = operation.look()) {
            if (outcome->error == ERROR_SUCCESS) return outcome->bytes;
            if (outcome->error == ERROR_BROKEN_PIPE || outcome->error == ERROR_NO_DATA) return ended();
            return os_error(static_cast<int>(outcome->error), "wait for the handshake");
        }
        if (ready == WAIT_OBJECT_0 + 1) return ended();
        if (EventLoop::now() >= deadline)
            return Error{ErrorCode::timed_out, "no answer to the handshake in time"};
    }
}

Result<HandshakeDoor> HandshakeDoor::open() {
    auto impl = std::make_unique<Impl>();
    UPDATE_TRY(secret, secret_name(), "prepare handshake");
    UPDATE_TRY(rights, private_rights(), "prepare handshake");
    impl->name = std::string{handshake_prefix} + secret;
    UPDATE_TRY(wide, to_wide(impl->name), "prepare handshake");
    SECURITY_ATTRIBUTES attributes{sizeof attributes, rights.get(), FALSE};
    impl->pipe.reset(::CreateNamedPipeW(
        wide.c_str(), PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
        PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1, 0, 4096, 0,
        &attributes));
    if (!impl->pipe) return last_error("prepare handshake");
    impl->operation.connect(impl->pipe.get());
    return HandshakeDoor{std::move(impl)};
}

HandshakeDoor::HandshakeDoor(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
HandshakeDoor::HandshakeDoor(HandshakeDoor&&) noexcept = default;
HandshakeDoor::~HandshakeDoor() = default;

const std::string& HandshakeDoor::name() const { return impl_->name; }

Status HandshakeDoor::await(void* process, Instant deadline) {
    Impl& door = *impl_;
    const DWORD expected = ::GetProcessId(process);
    auto connected = door.finish(process, deadline);
    if (!connected) return std::move(connected).error();
    ULONG client = 0;
    if (::GetNamedPipeClientProcessId(door.pipe.get(), &client) == 0 || client != expected)
        return Error{ErrorCode::refused, "another process answered the handshake"};
    std::string answer;
    while (!answer.ends_with('\n') && answer.size() < handshake_line_max) {
        door.operation.read(door.pipe.get(), door.buffer.data(), static_cast<DWORD>(door.buffer.size()));
        UPDATE_TRY(count, door.finish(process, deadline), "read the answer");
        answer.append(door.buffer.data(), count);
    }
    UPDATE_TRY(pid, parse_handshake(answer), "read the answer");
    if (pid != static_cast<std::int64_t>(expected))
        return Error{ErrorCode::refused, "the handshake was answered for another process"};
    return done();
}

}  // namespace update
