#include <algorithm>

#include "os/event_loop.hpp"
#include "os/overlapped.hpp"

namespace update {

Overlapped::Overlapped() : event_{::CreateEventW(nullptr, TRUE, FALSE, nullptr)} {}

OVERLAPPED* Overlapped::begin(void* file) {
    overlapped_ = {};
    overlapped_.hEvent = event_.get();
    ::ResetEvent(event_.get());
    file_ = file;
    error_ = event_ ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
    return &overlapped_;
}

void Overlapped::begun(BOOL done) {
    const DWORD error = done != FALSE ? ERROR_SUCCESS : ::GetLastError();
    if (error == ERROR_SUCCESS || error == ERROR_IO_PENDING) return;
    error_ = error;
    ::SetEvent(event_.get());
}

void Overlapped::read(void* file, void* into, DWORD size) {
    begun(::ReadFile(file, into, size, nullptr, begin(file)));
}
void Overlapped::write(void* file, const void* from, DWORD size) {
    begun(::WriteFile(file, from, size, nullptr, begin(file)));
}
void Overlapped::connect(void* pipe) {
    const BOOL done = ::ConnectNamedPipe(pipe, begin(pipe));
    begun(done);
    if (error_ != ERROR_PIPE_CONNECTED) return;
    // A client was faster; the event is signalled already.
    error_ = ERROR_SUCCESS;
    overlapped_.Internal = 0;  // STATUS_SUCCESS: what GetOverlappedResult goes by
}

std::optional<Overlapped::Outcome> Overlapped::look() {
    if (error_ != ERROR_SUCCESS) {
        file_ = nullptr;
        return Outcome{error_, 0};
    }
    DWORD bytes = 0;
    if (::GetOverlappedResult(file_, &overlapped_, &bytes, FALSE) != 0) {
        file_ = nullptr;
        return Outcome{ERROR_SUCCESS, bytes};
    }
    const DWORD error = ::GetLastError();
    if (error == ERROR_IO_INCOMPLETE) return std::nullopt;
    file_ = nullptr;
    return Outcome{error, 0};
}

std::optional<Overlapped::Outcome> Overlapped::wait(Instant deadline) {
    for (;;) {
        if (auto outcome = look()) return outcome;
        const DWORD left = milliseconds_until(deadline);
        if (left == 0) return std::nullopt;
        ::WaitForSingleObject(event_.get(), left);
    }
}

void Overlapped::cancel() {
    if (!active() || error_ != ERROR_SUCCESS) return;
    DWORD bytes = 0;
    ::CancelIoEx(file_, &overlapped_);
    ::GetOverlappedResult(file_, &overlapped_, &bytes, TRUE);
    file_ = nullptr;
}

DWORD milliseconds_until(Instant deadline) {
    const Instant present = EventLoop::now();
    if (deadline <= present) return 0;
    if (deadline == Instant::max()) return INFINITE;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - present).count();
    return static_cast<DWORD>(std::min<std::int64_t>(left, INFINITE - 1));
}

}  // namespace update
