// For tests: a program that is really killed right before its nth change of a file's name, as a debugger
// stops it there. Nothing in the product knows of it.
#pragma once
#include <cstddef>
#include <functional>

#include "support.hpp"

namespace windows_test {

class StepKiller {
 public:
    /// Every rename and removal by handle goes through it, and nothing else of what our files do.
    explicit StepKiller(const std::wstring& command_line);
    /// Of a program that runs already.
    explicit StepKiller(DWORD pid);
    StepKiller(const StepKiller&) = delete;
    StepKiller& operator=(const StepKiller&) = delete;

    /// Lets it run until right before its nth call, and kills it there.
    /// @return false when it ended by itself before; `exit_code` is its own then
    bool kill_before(int nth);
    /// Lets it run until right before a call at which this holds.
    bool kill_when(const std::function<bool()>&);
    DWORD exit_code = 0;

 private:
    void arm();
    void disarm(const DEBUG_EVENT&);
    DWORD answer_to(const DEBUG_EVENT&);

    update::Handle process_;
    void* const address_;
    unsigned char first_byte_ = 0;
    bool armed_ = false;
    std::function<bool()> is_time_;
    bool killed_ = false;
};

}  // namespace windows_test
