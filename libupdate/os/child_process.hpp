// Private to os/: one supervised program that runs or has just ended, and all that it started.
#pragma once
#include <memory>
#include <optional>

#include "os/native.hpp"
#include "os/run_record.hpp"
#include "ports/processes.hpp"

namespace update {

class ChildProcess {
 public:
    struct System;
    explicit ChildProcess(std::unique_ptr<System>);
    ChildProcess(ChildProcess&&) noexcept;
    ChildProcess& operator=(ChildProcess&&) noexcept;
    ~ChildProcess();

    /// The process that the record names, whoever started it. @return `not_found` when it has ended
    static Result<ChildProcess> adopt(const RunRecord&);

    const ProcessId& id() const;
    /// Readable for ever once it has ended.
    Native waitable() const;
    bool has_ended() const;
    /// How it ended; absent while it runs, and where the system tells its parent only (Linux).
    std::optional<ExitStatus> exit() const;

    /// Linux: SIGTERM. Windows: its stop event; a program that does not listen does not hear. Success also
    /// when it has ended.
    Status ask_to_end();
    /// Ends it and all that it started. Success also when it has ended.
    Status kill();
    /// It has ended: ends what it left behind, and frees its number. @return as `exit`
    std::optional<ExitStatus> collect();

 private:
    std::unique_ptr<System> system_;
};

/// Is the name there, a link not followed?
Result<bool> is_there(const Path&);
/// May this process execute the file?
Status check_executable(const Path&);

}  // namespace update
