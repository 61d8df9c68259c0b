// For tests of processes: the helper program, and waiting for what processes do.
#pragma once
#include <chrono>
#include <sstream>

#include "os/event_loop.hpp"
#include "os/open_process.hpp"
#include "support.hpp"

namespace windows_test {

using namespace std::chrono_literals;

inline constexpr auto plenty = 30s;  ///< longer than anything here takes; only a failing test waits for it
inline const update::Path helper = WINDOWS_TEST_HELPER;

/// Files appear without an event: looks again and again.
inline bool appears(const update::Path& file) {
    const auto deadline = update::EventLoop::now() + plenty;
    while (!std::filesystem::exists(file) && update::EventLoop::now() < deadline) ::SwitchToThread();
    return std::filesystem::exists(file);
}
/// The words that the helper told in a file.
inline std::vector<std::string> told(const update::Path& file) {
    REQUIRE(appears(file));
    std::istringstream text{read(file)};
    std::vector<std::string> words;
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

/// @return false when it still lives after `plenty`
inline bool ends(std::int64_t pid) {
    const auto process = update::open_process_number(pid, 0);
    if (!process) return process.error().code() == update::ErrorCode::not_found;
    return ::WaitForSingleObject(process->get(), 30'000) == WAIT_OBJECT_0;
}
inline bool lives(std::int64_t pid) {
    const auto process = update::open_process_number(pid, 0);
    return process && ::WaitForSingleObject(process->get(), 0) == WAIT_TIMEOUT;
}
/// By handle, and only one that the test started.
inline void end(std::int64_t pid) {
    const auto process = update::open_process_number(pid, PROCESS_TERMINATE);
    if (!process) return;
    ::TerminateProcess(process->get(), 0);
    ::WaitForSingleObject(process->get(), 30'000);
}

template <class T>
update::ErrorCode code(const update::Result<T>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().code();
}

}  // namespace windows_test
