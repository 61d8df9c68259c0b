#include <algorithm>
#include <array>
#include <cwctype>

#include "os/spawn.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

std::string windows_folder() {
    std::array<wchar_t, MAX_PATH + 1> path{};
    const UINT size = ::GetSystemWindowsDirectoryW(path.data(), path.size());
    return size > 0 && size < path.size() ? to_utf8({path.data(), size}) : std::string{"C:\\Windows"};
}

bool is_batch_file(const Path& program) {
    std::wstring extension = program.extension().wstring();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](wchar_t c) { return static_cast<wchar_t>(std::towlower(c)); });
    return extension == L".bat" || extension == L".cmd";
}

}  // namespace

/// Asked of the system, not of our own environment. Without SystemRoot no program finds the network.
std::vector<std::string> scrubbed_environment() {
    const std::string root = windows_folder();
    return {"PATH=" + root + "\\System32;" + root, "SystemDrive=" + root.substr(0, 2), "SystemRoot=" + root,
            "TEMP=" + root + "\\Temp", "TMP=" + root + "\\Temp"};
}

std::vector<std::string> argument_list(const Command& command) {
    std::vector<std::string> list{command.program.string()};
    list.insert(list.end(), command.arguments.begin(), command.arguments.end());
    return list;
}

Status check_program(const Command& command) {
    const auto what = "start '" + command.program.string() + "'";
    if (!command.program.is_absolute())
        return Error{ErrorCode::refused, what + ": give the program's absolute path, none is searched for"};
    if (is_batch_file(command.program))
        return Error{ErrorCode::refused,
                     what + ": batch files are not run, since cmd.exe would read the arguments its own way"};
    return done();
}

}  // namespace update
