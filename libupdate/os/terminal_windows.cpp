#include "os/terminal.hpp"
#include "os/windows.hpp"

namespace update {

std::optional<std::size_t> terminal_columns() {
    const auto out = ::GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode = 0;
    if (!::GetConsoleMode(out, &mode)) return {};
    // The same sequences as on other terminals; consoles of Windows know them since version 1511.
    ::SetConsoleMode(out, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    CONSOLE_SCREEN_BUFFER_INFO info{};
    if (!::GetConsoleScreenBufferInfo(out, &info)) return 80;
    return static_cast<std::size_t>(info.srWindow.Right - info.srWindow.Left + 1);
}

}  // namespace update
