// For the Linux twins: what starting a program takes: fork, exec, a pidfd, a pipe for its answer.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "ports/files.hpp"

namespace update {

/// Null-terminated char* arrays as exec wants them, owned; built before any fork.
class CStrings {
 public:
    explicit CStrings(std::vector<std::string> strings);
    CStrings(const CStrings&) = delete;
    CStrings& operator=(const CStrings&) = delete;
    char* const* get() const { return pointers_.data(); }

 private:
    std::vector<std::string> strings_;
    std::vector<char*> pointers_;
};

/// `not_found`, `permission`, or `unsupported` when the file is there but cannot be loaded.
Error exec_error(int errno_value, const Path& program);

struct Pipe {
    Fd read, write;
};
/// Close-on-exec, and above the standard streams even where those are closed.
Result<Pipe> make_pipe();
/// Becomes readable when the process ends. @return `unsupported` before Linux 5.3.
Result<Fd> open_pidfd(std::int64_t pid);

/// @return `not_found` when it has ended.
Status send_signal(const Fd& process, int signal);

/// The starter's side: the pid that the line names. The caller knows, or finds out, whether it is the one he
/// started.
/// @return `timed_out`; `unsupported` when the other side ended or closed the pipe without an answer;
/// `refused` for
///         anything else than that line
Result<std::int64_t> await_answer(const Fd& pipe, std::chrono::milliseconds timeout);

}  // namespace update
