#include <algorithm>

#include "os/local_pipe_connection.hpp"

namespace update {

LocalConnection::LocalConnection(std::unique_ptr<System> system, Peer peer)
    : system_{std::move(system)}, peer_{peer} {}
LocalConnection::LocalConnection(LocalConnection&&) noexcept = default;
LocalConnection::~LocalConnection() { close(); }

Status LocalConnection::follow(EventLoop& loop, std::function<void(Ready)> callback) {
    system_->callback = std::move(callback);
    system_->begin_read();
    UPDATE_CHECK(loop.watch(system_->reading.event(), Interest::read, system_->callback), "follow client");
    system_->loop = &loop;
    system_->watched = system_->reading.event();
    return done();
}

void LocalConnection::want(Interest interest) {
    System& s = *system_;
    if (s.loop == nullptr) return;
    void* const event = interest == Interest::write ? s.writing.event() : s.reading.event();
    if (event != s.watched) {
        s.loop->forget(s.watched);
        // Its place in the loop was just given back.
        if (!s.loop->watch(event, interest, s.callback)) return;
        s.watched = event;
    }
    s.loop->change(event, interest);
}

void LocalConnection::forget() {
    if (system_ && system_->loop != nullptr) std::exchange(system_->loop, nullptr)->forget(system_->watched);
}

void LocalConnection::close() {
    forget();
    if (!system_) return;
    system_->reading.cancel();
    system_->writing.cancel();
    system_.reset();
}

Result<std::size_t> LocalConnection::read(std::span<char> into) {
    System& s = *system_;
    if (s.taken == s.held) {
        s.begin_read();
        const auto outcome = s.reading.look();
        if (!outcome) return Error{ErrorCode::retry_later, "receive"};
        if (outcome->error == ERROR_BROKEN_PIPE) return std::size_t{0};
        if (outcome->error != ERROR_SUCCESS)
            return Error{ErrorCode::cancelled,
                         os_error(static_cast<int>(outcome->error), "receive").message()};
        s.taken = 0;
        s.held = outcome->bytes;
    }
    const std::size_t count = std::min(into.size(), s.held - s.taken);
    std::copy_n(s.in.begin() + static_cast<std::ptrdiff_t>(s.taken), count, into.begin());
    s.taken += count;
    // Its event stays signalled, and so calls back, until what was read is taken.
    if (s.taken == s.held) s.begin_read();
    return count;
}

Result<std::size_t> LocalConnection::write(std::string_view bytes) {
    System& s = *system_;
    if (!s.writing.active()) {
        s.out.assign(bytes.substr(0, System::write_max));
        s.writing.write(s.pipe.get(), s.out.data(), static_cast<DWORD>(s.out.size()));
    }
    const auto outcome = s.writing.look();
    if (!outcome) return Error{ErrorCode::retry_later, "send"};
    if (outcome->error != ERROR_SUCCESS)
        return Error{ErrorCode::cancelled, os_error(static_cast<int>(outcome->error), "send").message()};
    return std::size_t{outcome->bytes};
}

}  // namespace update
