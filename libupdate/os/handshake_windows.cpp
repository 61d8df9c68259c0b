#include <cstdlib>
#include <string>

#include "os/handshake.hpp"
#include "os/handshake_door.hpp"
#include "os/handshake_line.hpp"
#include "os/local_pipe.hpp"
#include "os/os_error.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {

/// Only a pipe of this kind: an environment that somebody else filled must not make this program write into
/// one of its other files.
Status answer_handshake() {
    const char* value = std::getenv(handshake_variable);
    if (value == nullptr) return Error{ErrorCode::not_found, "nobody waits for a handshake"};
    const std::string name = value;
    ::_putenv_s(handshake_variable, "");
    const bool usable = name.starts_with(handshake_prefix) &&
                        name.find_first_of("\\/", handshake_prefix.size()) == std::string::npos;
    if (!usable) return Error{ErrorCode::refused, std::string{handshake_variable} + " does not name a pipe"};
    UPDATE_TRY(wide, to_wide(name), "answer handshake");
    const Handle pipe{::CreateFileW(wide.c_str(), FILE_WRITE_DATA | READ_CONTROL | SYNCHRONIZE, 0, nullptr,
                                    OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr)};
    const DWORD error = ::GetLastError();
    if (!pipe && (error == ERROR_FILE_NOT_FOUND || error == ERROR_PIPE_BUSY))
        return Error{ErrorCode::timed_out, "answer handshake: the starter waits no longer"};
    if (!pipe) return os_error(static_cast<int>(error), "answer handshake");
    UPDATE_CHECK(check_owner(pipe.get()), "answer handshake");
    const auto line = handshake_line(::GetCurrentProcessId());
    DWORD written = 0;
    if (::WriteFile(pipe.get(), line.data(), static_cast<DWORD>(line.size()), &written, nullptr) == 0)
        return Error{ErrorCode::timed_out, "answer handshake: the starter waits no longer"};
    return done();
}

}  // namespace update
