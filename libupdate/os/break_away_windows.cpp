// Starting a program that outlives this one: outside this process's job, with a job, a console-less process
// group and an environment of its own. Windows re-parents nobody, and ends nobody with its parent.
#include <fmt/format.h>

#include "os/event_loop.hpp"
#include "os/handshake.hpp"
#include "os/handshake_door.hpp"
#include "os/job.hpp"
#include "os/run.hpp"
#include "os/spawn.hpp"
#include "os/start_process.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

// A killed process is gone as soon as it leaves the kernel.
constexpr DWORD kill_timeout_ms = 2000;

}  // namespace

Result<ProcessId> break_away_program(const Command& command, std::chrono::milliseconds handshake_timeout) {
    const auto what = "break away with '" + command.program.string() + "'";
    const Instant deadline = EventLoop::now() + handshake_timeout;
    UPDATE_CHECK(check_program(command), "break away");
    UPDATE_TRY(door, HandshakeDoor::open(), what);
    // Until it has answered, it dies with us. It leaves our job for this one.
    UPDATE_TRY(job, Job::create({}, JobEnd::with_its_last_handle), what);
    auto environment = scrubbed_environment();
    environment.push_back(fmt::format("{}={}", handshake_variable, door.name()));
    ProcessStart start{command, std::move(environment)};
    start.job = job.get();
    start.leaves_job = true;
    UPDATE_TRY(started, start_process(start), what);
    auto answered = door.await(started.process.get(), deadline);
    if (answered) answered = job.set_end(JobEnd::by_itself);
    if (answered) return started.id;
    job.terminate();
    ::WaitForSingleObject(started.process.get(), kill_timeout_ms);
    return std::move(answered).error().in(what);
}

}  // namespace update
