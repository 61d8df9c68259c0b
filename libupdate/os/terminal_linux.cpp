#include <sys/ioctl.h>
#include <unistd.h>

#include "os/terminal.hpp"

namespace update {

std::optional<std::size_t> terminal_columns() {
    if (::isatty(STDOUT_FILENO) == 0) return {};
    ::winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : std::size_t{80};
}

}  // namespace update
