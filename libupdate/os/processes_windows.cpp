#include "os/open_process.hpp"
#include "os/process_id.hpp"
#include "os/processes.hpp"
#include "os/run.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

class WindowsProcesses final : public Processes {
 public:
    Result<Ran> run(const Command& command) override { return run_program(command); }
    Result<ProcessId> break_away(const Command& command,
                                 std::chrono::milliseconds handshake_timeout) override {
        return break_away_program(command, handshake_timeout);
    }
    bool alive(const ProcessId& process) override { return is_alive(process); }
    ProcessId self() override {
        const auto id = identify(::GetCurrentProcess());
        return id ? *id : ProcessId{::GetCurrentProcessId(), 0};
    }
};

}  // namespace

std::unique_ptr<Processes> make_processes() { return std::make_unique<WindowsProcesses>(); }

}  // namespace update
