// For the Windows twins: one operation on a pipe that goes on by itself.
#pragma once
#include <optional>

#include "os/handle.hpp"
#include "os/windows.hpp"
#include "ports/clock.hpp"

namespace update {

/// Must outlive its operation: whoever gives one up calls `cancel` first, also before closing the file.
class Overlapped {
 public:
    struct Outcome {
        DWORD error = ERROR_SUCCESS;
        DWORD bytes = 0;
    };
    /// Not in use when the system has no event for it: every operation ends with ERROR_INVALID_HANDLE then.
    Overlapped();
    Overlapped(const Overlapped&) = delete;
    Overlapped& operator=(const Overlapped&) = delete;
    ~Overlapped() = default;

    /// Signalled from the end of an operation until the next one begins.
    void* event() const { return event_.get(); }
    /// Begun and not looked at successfully yet.
    bool active() const { return file_ != nullptr; }

    void read(void* file, void* into, DWORD size);
    void write(void* file, const void* from, DWORD size);
    void connect(void* pipe);

    /// How it ended; nothing while it goes on. Once told, it is no longer active.
    std::optional<Outcome> look();
    /// The same, waiting. Nothing when `deadline` came first.
    std::optional<Outcome> wait(Instant deadline);
    /// Returns when the system has let go of the memory.
    void cancel();

 private:
    OVERLAPPED* begin(void* file);
    void begun(BOOL done);

    OVERLAPPED overlapped_{};
    Handle event_;
    void* file_ = nullptr;
    DWORD error_ = ERROR_SUCCESS;  ///< it could not even begin
};

/// For waits of the system: rounded up, and as long as possible for "for ever".
DWORD milliseconds_until(Instant deadline);

}  // namespace update
