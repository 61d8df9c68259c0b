// For adapters: what both ways of starting a program share.
#pragma once
#include <string>
#include <vector>

#include "os/fd.hpp"
#include "ports/processes.hpp"

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

/// PATH and LANG and nothing else: no LD_PRELOAD, no proxy, no secret of ours (security rule R8).
std::vector<std::string> scrubbed_environment();
/// The program's path, then the arguments.
std::vector<std::string> argument_list(const Command&);
/// `refused` unless the program's path is absolute: none is ever searched for (security rule R8).
Status check_program(const Command&);
/// `not_found`, `permission`, or `unsupported` when the file is there but cannot be loaded.
Error exec_error(int errno_value, const Path& program);

struct Pipe {
    Fd read, write;
};
/// Close-on-exec, and above the standard streams even where those are closed.
Result<Pipe> make_pipe();
/// Becomes readable when the process ends. @return `unsupported` before Linux 5.3.
Result<Fd> open_pidfd(std::int64_t pid);

}  // namespace update
