// Breaking away from a service: whatever stays in its cgroup is killed when systemd stops it (incident I2 on
// Linux).
#include <atomic>
#include <fmt/format.h>
#include <fstream>

#include "base/grammar.hpp"
#include "os/exec.hpp"
#include "os/handshake.hpp"
#include "os/handshake_line.hpp"
#include "os/process_id.hpp"
#include "os/program.hpp"
#include "os/service_manager.hpp"
#include "os/spawn.hpp"
#include "os/systemd/manager.hpp"

namespace update {
namespace {

namespace fs = std::filesystem;
constexpr const char* cgroup_root = "/sys/fs/cgroup";
constexpr int standard_output = 1;

/// Path of the unified hierarchy; empty: unknown.
std::string cgroup_of(std::int64_t pid) {
    std::ifstream file{fmt::format("/proc/{}/cgroup", pid)};
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("0::")) return line.substr(3);
    return "";
}

class UnitProcesses final : public Processes {
 public:
    UnitProcesses(std::unique_ptr<Processes> plain, std::string product)
        : plain_{std::move(plain)}, product_{std::move(product)} {}

    Result<Ran> run(const Command& command) override { return plain_->run(command); }
    bool alive(const ProcessId& process) override { return plain_->alive(process); }
    ProcessId self() override { return plain_->self(); }

    Result<ProcessId> break_away(const Command& command, std::chrono::milliseconds timeout) override {
        auto unit = as_unit(command, timeout);
        if (unit) return unit;
        auto moved = beside_us(command, timeout);
        if (moved) return moved;
        return Error{ErrorCode::refused, fmt::format("no way out of this service's cgroup: {}; {}",
                                                     unit.error().message(), moved.error().message())};
    }

 private:
    std::string new_name() {
        static std::atomic<unsigned> count = 0;
        return fmt::format("{}-helper-{}-{}", product_, self().pid, ++count);
    }

    /// Started by systemd, so that nothing of ours is inherited but the pipe that it answers on.
    Result<ProcessId> as_unit(const Command& command, std::chrono::milliseconds timeout) {
        UPDATE_CHECK(check_program(command), "break away");
        UPDATE_TRY(pipe, make_pipe(), "break away");
        const std::string unit = new_name() + ".service";
        SystemdManager manager;
        std::vector<std::string> environment = scrubbed_environment();
        environment.push_back(fmt::format("{}={}", handshake_variable, standard_output));
        UPDATE_CHECK(manager.start_transient(unit, product_ + ": applies an update", command, environment,
                                             pipe.write.get()),
                     "break away");
        pipe.write.reset();
        auto answer = await_answer(pipe.read, timeout);
        if (answer) {
            const auto now = manager.state(unit);
            auto process = now && now->main_pid == *answer
                               ? identify(*answer)
                               : Result<ProcessId>{Error{ErrorCode::refused, "another process answered"}};
            if (process) return process;
            answer = std::move(process).error();
        }
        (void)manager.stop(unit);  // or systemd would start it again
        (void)manager.kill(unit);
        return std::move(answer).error().in("start " + unit);
    }

    /// Without systemd's help: a child, moved into a cgroup of its own.
    Result<ProcessId> beside_us(const Command& command, std::chrono::milliseconds timeout) {
        const std::string ours = cgroup_of(self().pid);
        if (ours.empty() || ours == "/")
            return Error{ErrorCode::unsupported, "this process has no cgroup to leave"};
        UPDATE_TRY(process, plain_->break_away(command, timeout), "break away");
        const fs::path folder = fs::path{cgroup_root + ours}.parent_path() / (new_name() + ".scope");
        std::error_code ignored;
        fs::create_directory(folder, ignored);
        std::ofstream{folder / "cgroup.procs"} << process.pid << std::flush;
        const std::string theirs = cgroup_of(process.pid);
        if (!theirs.empty() && theirs != ours && !theirs.starts_with(ours + "/")) return process;
        if (auto ended = kill_process(process); !ended) return std::move(ended).error();
        fs::remove(folder, ignored);
        return Error{ErrorCode::refused, fmt::format("cannot move a process to {}", folder.string())};
    }

    std::unique_ptr<Processes> plain_;
    const std::string product_;
};

}  // namespace

Result<std::unique_ptr<Processes>> service_manager::make_processes(std::unique_ptr<Processes> plain,
                                                                   const std::string& product) {
    return std::unique_ptr<Processes>{std::make_unique<UnitProcesses>(std::move(plain), product)};
}

}  // namespace update
