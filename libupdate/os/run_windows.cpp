#include <algorithm>
#include <array>

#include "os/descriptor.hpp"
#include "os/event_loop.hpp"
#include "os/job.hpp"
#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/overlapped.hpp"
#include "os/run.hpp"
#include "os/spawn.hpp"
#include "os/start_process.hpp"
#include "os/wide.hpp"

namespace update {
namespace {

constexpr std::size_t output_max_bytes = 4096;
// A killed process is gone as soon as it leaves the kernel.
constexpr std::chrono::seconds kill_timeout{5};

struct OutputPipe {
    Handle read, write;
};
/// Only a pipe with a name can be read without blocking. Nobody can guess this one's, and it has one
/// instance.
Result<OutputPipe> make_output_pipe() {
    UPDATE_TRY(secret, secret_name(), "make pipe");
    UPDATE_TRY(rights, private_rights(), "make pipe");
    UPDATE_TRY(name, to_wide("\\\\.\\pipe\\update-output-" + secret), "make pipe");
    SECURITY_ATTRIBUTES attributes{sizeof attributes, rights.get(), FALSE};
    Handle read{::CreateNamedPipeW(
        name.c_str(), PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
        PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1, 0, 65'536, 0,
        &attributes)};
    if (!read) return last_error("make pipe");
    Handle write{::CreateFileW(name.c_str(), GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr)};
    if (!write) return last_error("make pipe");
    return OutputPipe{std::move(read), std::move(write)};
}

/// Keeps the first bytes and reads on, so that a talkative program is not stopped by a full pipe.
class Output {
 public:
    explicit Output(Handle pipe) : pipe_{std::move(pipe)} { begin(); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() { reading_.cancel(); }

    void* event() const { return reading_.event(); }
    bool open() const { return static_cast<bool>(pipe_); }
    bool full() const { return text_.size() == output_max_bytes; }
    std::string take() { return std::move(text_); }
    /// @return whether there may be more at once.
    bool read_some() {
        const auto outcome = reading_.look();
        if (!outcome) return false;
        if (outcome->error != ERROR_SUCCESS) {
            pipe_.reset();
            return false;
        }
        text_.append(buffer_.data(), std::min<std::size_t>(outcome->bytes, output_max_bytes - text_.size()));
        begin();
        return true;
    }

 private:
    void begin() { reading_.read(pipe_.get(), buffer_.data(), static_cast<DWORD>(buffer_.size())); }
    Handle pipe_;
    Overlapped reading_;
    std::array<char, 16'384> buffer_;
    std::string text_;
};

constexpr std::chrono::milliseconds look_period{50};

/// Why nobody waits for the child any longer.
enum class Over : std::uint8_t { ended, late, unwanted };

Over wait_for_end(void* process, Output& output, Instant deadline, const Command& command) {
    for (;;) {
        const Instant look = EventLoop::now() + look_period;
        const DWORD limit_ms = milliseconds_until(command.go_on ? std::min(deadline, look) : deadline);
        const std::array<HANDLE, 2> watched{process, output.event()};
        const DWORD ready = ::WaitForMultipleObjects(output.open() ? 2 : 1, watched.data(), FALSE, limit_ms);
        if (ready == WAIT_OBJECT_0) return Over::ended;
        if (ready == WAIT_OBJECT_0 + 1) (void)output.read_some();
        if (EventLoop::now() >= deadline) return Over::late;
        if (command.go_on && !command.go_on()) return Over::unwanted;
    }
}

}  // namespace

Result<Ran> run_program(const Command& command) {
    const auto what = "run '" + command.program.string() + "'";
    UPDATE_CHECK(check_program(command), "run");
    if (command.timeout.count() <= 0) return Error{ErrorCode::bug, what + ": a time limit is required"};
    const Instant deadline = EventLoop::now() + command.timeout;
    UPDATE_TRY(pipe, make_output_pipe(), what);
    UPDATE_TRY(job, Job::create({}, JobEnd::with_its_last_handle), what);
    auto started = start_process(
        {command, scrubbed_environment(), pipe.write.get(), ::GetStdHandle(STD_ERROR_HANDLE), job.get()});
    if (!started) return std::move(started).error();
    pipe.write.reset();
    Output output{std::move(pipe.read)};
    const Over over = wait_for_end(started->process.get(), output, deadline, command);
    if (over != Over::ended) {
        job.terminate();
        constexpr auto limit_ms = std::chrono::milliseconds{kill_timeout}.count();
        if (::WaitForSingleObject(started->process.get(), limit_ms) != WAIT_OBJECT_0)
            return Error{ErrorCode::timed_out, what + ": it survives being killed"};
    } else {
        // What it left behind goes on, as it does on Linux.
        UPDATE_CHECK(job.set_end(JobEnd::by_itself), what);
    }
    UPDATE_TRY(exit, exit_of(started->process.get()), what);
    // What it still had in the pipe. Not to the pipe's end: a descendant may hold that open for ever.
    while (output.open() && !output.full() && output.read_some()) {}
    return Ran{exit, over == Over::late, output.take()};
}

}  // namespace update
