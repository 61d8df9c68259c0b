// Before doctest's main: a test program that is started with --sleep only runs, until it is ended.
#include <string_view>

#include "os/windows.hpp"

namespace {

const bool sleeps = [] {
    const std::wstring_view line = ::GetCommandLineW();
    if (line.find(L" --sleep") != std::wstring_view::npos) ::Sleep(INFINITE);
    return false;
}();

}  // namespace
