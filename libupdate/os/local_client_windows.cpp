#include "os/local_client.hpp"
#include "os/local_pipe.hpp"
#include "os/os_error.hpp"
#include "os/overlapped.hpp"

namespace update {
namespace {

Error too_late() { return Error{ErrorCode::timed_out, "no reply in time"}; }

Error connect_error() {
    const auto error = static_cast<int>(::GetLastError());
    if (error == ERROR_FILE_NOT_FOUND) return os_error(error, "nobody listens");
    return os_error(error, "connect");
}

/// The server may identify this process and do nothing in its name. Never GENERIC_WRITE: it contains the
/// right to create an instance of the pipe, which a client does not have.
Result<Handle> connect_pipe(const std::wstring& name, Instant deadline) {
    constexpr DWORD access = GENERIC_READ | FILE_WRITE_DATA;
    constexpr DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
    for (;;) {
        Handle pipe{::CreateFileW(name.c_str(), access, 0, nullptr, OPEN_EXISTING, flags, nullptr)};
        if (pipe) return pipe;
        if (::GetLastError() != ERROR_PIPE_BUSY) return connect_error();
        const DWORD left = milliseconds_until(deadline);
        if (left == 0) return Error{ErrorCode::timed_out, "the server does not accept connections"};
        // Free for a moment is no promise: look again, until the deadline.
        ::WaitNamedPipeW(name.c_str(), left);
    }
}

bool has_closed(DWORD error) {
    return error == ERROR_BROKEN_PIPE || error == ERROR_NO_DATA || error == ERROR_PIPE_NOT_CONNECTED;
}

}  // namespace

Result<LocalClient> LocalClient::connect(const Path& socket, Instant deadline) {
    UPDATE_TRY(name, pipe_name(socket), "connect");
    UPDATE_TRY(pipe, connect_pipe(name, deadline), "connect");
    UPDATE_CHECK(check_owner(pipe.get()), "connect");
    return LocalClient{std::move(pipe)};
}

Status LocalClient::send_all(std::string_view bytes, Instant deadline) {
    while (!bytes.empty()) {
        Overlapped writing;
        writing.write(connection_.get(), bytes.data(), static_cast<DWORD>(bytes.size()));
        const auto outcome = writing.wait(deadline);
        if (!outcome) {
            writing.cancel();
            return too_late();
        }
        if (has_closed(outcome->error)) return done();
        if (outcome->error != ERROR_SUCCESS) return os_error(static_cast<int>(outcome->error), "send");
        bytes.remove_prefix(outcome->bytes);
    }
    return done();
}

Result<std::size_t> LocalClient::receive(std::span<char> into, Instant deadline) {
    Overlapped reading;
    reading.read(connection_.get(), into.data(), static_cast<DWORD>(into.size()));
    const auto outcome = reading.wait(deadline);
    if (!outcome) {
        reading.cancel();
        return too_late();
    }
    if (has_closed(outcome->error))
        return Error{ErrorCode::timed_out, "the server closed the connection without a reply"};
    if (outcome->error != ERROR_SUCCESS) return os_error(static_cast<int>(outcome->error), "receive");
    return std::size_t{outcome->bytes};
}

}  // namespace update
