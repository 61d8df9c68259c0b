#include "os/file_lock.hpp"
#include "os/local_listener.hpp"
#include "os/local_pipe.hpp"
#include "os/local_pipe_connection.hpp"
#include "os/security.hpp"

namespace update {

struct LocalListener::System {
    std::wstring name;
    LocalMemory rights;
    Handle lock;
    Handle pipe;  ///< the instance that waits for the next client
    Overlapped connecting;

    System(std::wstring pipe_name, LocalMemory descriptor, Handle held)
        : name{std::move(pipe_name)}, rights{std::move(descriptor)}, lock{std::move(held)} {}
    System(const System&) = delete;
    System& operator=(const System&) = delete;
    ~System() { connecting.cancel(); }

    Status offer(DWORD first_only);
};

namespace {

// A server that was just killed is gone from the system's tables after this at the latest.
constexpr std::chrono::milliseconds lock_timeout{500};
constexpr DWORD buffer_bytes = 65'536;

/// Private, whoever may ask: who could write into it could keep the lock for ever.
Status make_folder(const Path& folder) {
    UPDATE_TRY(rights, make_descriptor(private_sddl(sddl::Object::folder)), "rights");
    SECURITY_ATTRIBUTES attributes{sizeof attributes, rights.get(), FALSE};
    if (::CreateDirectoryW(folder.c_str(), &attributes) != 0 || ::GetLastError() == ERROR_ALREADY_EXISTS)
        return done();
    return last_error("create folder " + folder.string());
}

}  // namespace

Status LocalListener::System::offer(DWORD first_only) {
    SECURITY_ATTRIBUTES attributes{sizeof attributes, rights.get(), FALSE};
    pipe.reset(
        ::CreateNamedPipeW(name.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first_only,
                           PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                           PIPE_UNLIMITED_INSTANCES, buffer_bytes, buffer_bytes, 0, &attributes));
    if (!pipe) {
        const auto error = static_cast<int>(::GetLastError());
        const bool taken = first_only != 0 && (error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY);
        return taken ? Error{ErrorCode::retry_later, "somebody else has a pipe of this name"}
                     : os_error(error, "create pipe");
    }
    connecting.connect(pipe.get());
    return done();
}

Result<LocalListener> LocalListener::open(const Path& socket, Visibility visibility) {
    const std::string what = "listen at " + socket.string();
    UPDATE_TRY(name, pipe_name(socket), what);
    const std::string sid = own_account().privileged ? std::string{} : own_account().sid;
    UPDATE_TRY(rights,
               make_descriptor(visibility == Visibility::public_status ? sddl::pipe_for_all_here(sid)
                                                                       : sddl::only_ours_here(sid)),
               what);
    UPDATE_CHECK(make_folder(socket.parent_path()), what);
    UPDATE_TRY(lock, lock_file(socket.string() + ".lock", EventLoop::now() + lock_timeout), what);
    auto system = std::make_unique<System>(std::move(name), std::move(rights), std::move(lock));
    UPDATE_CHECK(system->offer(FILE_FLAG_FIRST_PIPE_INSTANCE), what);
    return LocalListener{std::move(system)};
}

LocalListener::LocalListener(std::unique_ptr<System> system) : system_{std::move(system)} {}
LocalListener::LocalListener(LocalListener&&) noexcept = default;
LocalListener::~LocalListener() = default;

void* LocalListener::waitable() const { return system_->connecting.event(); }

Result<LocalConnection> LocalListener::accept() {
    System& s = *system_;
    if (!s.pipe) {
        if (auto offered = s.offer(0); !offered)
            return Error{ErrorCode::retry_later, offered.error().message()};
    }
    const auto outcome = s.connecting.look();
    if (!outcome) return Error{ErrorCode::not_found, "nobody waits"};
    auto connection = std::make_unique<LocalConnection::System>();
    connection->pipe = std::move(s.pipe);
    // At once, so that the name is never without an instance of ours. When that fails the event stays
    // signalled, and the next call tries again.
    (void)s.offer(0).has_value();
    if (outcome->error != ERROR_SUCCESS) return Error{ErrorCode::refused, "the client has gone"};
    auto peer = peer_of(connection->pipe.get());
    if (!peer) return Error{ErrorCode::refused, peer.error().message()};
    return LocalConnection{std::move(connection), *peer};
}

}  // namespace update
