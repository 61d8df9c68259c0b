#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <update/result.hpp>

#include "ports/files.hpp"

namespace update {

/// A process, told apart from a later one with the same number by its start time.
struct ProcessId {
    std::int64_t pid = 0;
    std::uint64_t start_ticks = 0;
    bool operator==(const ProcessId&) const = default;
};
struct ExitStatus {
    bool signalled = false;
    int value = 0;  ///< exit code, or the signal's number
    bool operator==(const ExitStatus&) const = default;
};
/// An unknown end is none that failed.
inline bool has_failed(const std::optional<ExitStatus>& exit) {
    return exit && (exit->signalled || exit->value != 0);
}
struct Command {
    Path program;
    std::vector<std::string> arguments;
    std::chrono::milliseconds timeout{0};
    /// Called now and then while it runs, by the thread that runs it; with false it is killed with its whole
    /// process group. So long as nothing calls it, whoever runs the program neither answers nor shows life.
    std::function<bool()> go_on{};
};
struct Ran {
    ExitStatus exit;
    bool timed_out = false;  ///< it was killed with its whole process group
    std::string output;      ///< standard output, at most 4 KiB
};

class Processes {
 public:
    virtual ~Processes() = default;
    /// Runs to the end in a scrubbed environment (PATH, LANG) and an own process group.
    /// @return `not_found`, `permission`, or `unsupported` (cannot be loaded: wrong format) when it never
    /// ran.
    virtual Result<Ran> run(const Command&) = 0;
    /// Starts a program that outlives this one: own session, no shared process group or terminal,
    /// re-parented. Returns only when it has said so itself through the handshake; else `timed_out`, and it
    /// was killed.
    virtual Result<ProcessId> break_away(const Command&, std::chrono::milliseconds handshake_timeout) = 0;
    virtual bool alive(const ProcessId&) = 0;
    virtual ProcessId self() = 0;
};

}  // namespace update
