#include <unistd.h>

#include "os/process_id.hpp"
#include "os/processes.hpp"
#include "os/run.hpp"

namespace update {
namespace {

class LinuxProcesses final : public Processes {
 public:
    Result<Ran> run(const Command& command) override { return run_program(command); }
    Result<ProcessId> break_away(const Command& command,
                                 std::chrono::milliseconds handshake_timeout) override {
        return break_away_program(command, handshake_timeout);
    }
    bool alive(const ProcessId& process) override { return is_alive(process); }
    ProcessId self() override {
        const auto id = identify(::getpid());
        return id ? *id : ProcessId{::getpid(), 0};  // no /proc: then no start time is known of anybody
    }
};

}  // namespace

std::unique_ptr<Processes> make_processes() { return std::make_unique<LinuxProcesses>(); }

}  // namespace update
