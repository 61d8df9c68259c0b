#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "os/process_names.hpp"

namespace update {
namespace {

constexpr std::size_t kept_length = 15;  // TASK_COMM_LEN - 1, see proc(5)

bool is_number(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

Result<bool> process_named(const std::string& name) {
    std::error_code error;
    std::filesystem::directory_iterator entries{"/proc", error};
    for (; !error && entries != std::filesystem::directory_iterator{}; entries.increment(error)) {
        if (!is_number(entries->path().filename().string())) continue;
        std::ifstream file{entries->path() / "comm"};
        std::string found;  // one that has just ended cannot be read, and does not run
        if (std::getline(file, found) && found == name.substr(0, kept_length)) return true;
    }
    if (error) return Error{ErrorCode::permission, "the list of processes in /proc cannot be read", error};
    return false;
}

}  // namespace update
