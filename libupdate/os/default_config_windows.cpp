#include "os/default_config.hpp"
#include "os/windows.hpp"

namespace update {

Path default_config() {
    std::wstring program(32768, L'\0');
    program.resize(::GetModuleFileNameW(nullptr, program.data(), static_cast<DWORD>(program.size())));
    return Path{program}.parent_path() / "update.toml";
}

}  // namespace update
