#include <string>
#include <vector>

#include "os/handle.hpp"
#include "os/safe_start.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <shellapi.h>

namespace update {
namespace {

/// The ANSI arguments of main have lost what the code page of the system does not know.
std::vector<std::string> utf8_arguments() {
    int count = 0;
    wchar_t** list = ::CommandLineToArgvW(::GetCommandLineW(), &count);
    const LocalMemory owner{list};
    std::vector<std::string> arguments;
    for (int i = 0; list != nullptr && i < count; ++i) arguments.push_back(to_utf8(list[i]));
    return arguments;
}

}  // namespace

void start_safely(int& argc, char**& argv) {
    ::SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    ::SetDllDirectoryW(L"");
    ::HeapSetInformation(nullptr, HeapEnableTerminationOnCorruption, nullptr, 0);
    ::SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    ::SetConsoleOutputCP(CP_UTF8);
    // They live as long as the process, as those of main do.
    static std::vector<std::string> arguments = utf8_arguments();
    static std::vector<char*> pointers;
    if (arguments.empty()) return;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    argc = static_cast<int>(pointers.size());
    pointers.push_back(nullptr);
    argv = pointers.data();
}

}  // namespace update
