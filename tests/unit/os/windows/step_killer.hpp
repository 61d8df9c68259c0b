// For tests: a program that is really killed right before its nth change of a file's name, as a debugger
// stops it there. Nothing in the product knows of it.
#pragma once
#include <cstddef>

#include "support.hpp"

namespace windows_test {

class StepKiller {
 public:
    /// Every rename and removal by handle goes through it, and nothing else of what our files do.
    explicit StepKiller(const std::wstring& command_line);
    StepKiller(const StepKiller&) = delete;
    StepKiller& operator=(const StepKiller&) = delete;

    /// Lets it run until right before its nth call, and kills it there.
    /// @return false when it ended by itself before; `exit_code` is its own then
    bool kill_before(int nth);
    DWORD exit_code = 0;

 private:
    void arm();
    void disarm(const DEBUG_EVENT&);
    DWORD answer_to(const DEBUG_EVENT&);

    update::Handle process_;
    void* const address_;
    unsigned char first_byte_ = 0;
    bool armed_ = false;
    int calls_ = 0, nth_ = 0;
    bool killed_ = false;
};

}  // namespace windows_test
