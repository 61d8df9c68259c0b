#include <fmt/format.h>

#include "os/boot.hpp"
#include "os/handle.hpp"
#include "os/os_error.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr const wchar_t* boot_key = L"SOFTWARE\\libupdate\\Boot";

/// A volatile key may lie below a lasting one, never the other way round; the lasting parent is shared by all
/// products.
Result<KeyHandle> open_or_create(HKEY hive) {
    HKEY raw = nullptr;
    LSTATUS failed = ::RegOpenKeyExW(hive, boot_key, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &raw);
    if (failed == ERROR_FILE_NOT_FOUND) {
        failed = ::RegCreateKeyExW(hive, L"SOFTWARE\\libupdate", 0, nullptr, 0,
                                   KEY_CREATE_SUB_KEY | KEY_WOW64_64KEY, nullptr, &raw, nullptr);
        if (failed != ERROR_SUCCESS) return os_error(failed, "create registry key SOFTWARE\\libupdate");
        const KeyHandle parent{raw};
        failed = ::RegCreateKeyExW(parent.as<HKEY>(), L"Boot", 0, nullptr, REG_OPTION_VOLATILE,
                                   KEY_QUERY_VALUE | KEY_WOW64_64KEY, nullptr, &raw, nullptr);
    }
    if (failed != ERROR_SUCCESS) return os_error(failed, "open registry key SOFTWARE\\libupdate\\Boot");
    return KeyHandle{raw};
}

}  // namespace

Result<std::string> current_boot() {
    auto key = open_or_create(HKEY_LOCAL_MACHINE);
    if (!key) key = open_or_create(HKEY_CURRENT_USER);
    if (!key) return std::move(key).error().in("which boot is this");
    FILETIME created{};
    const LSTATUS failed = ::RegQueryInfoKeyW(key->as<HKEY>(), nullptr, nullptr, nullptr, nullptr, nullptr,
                                              nullptr, nullptr, nullptr, nullptr, nullptr, &created);
    if (failed != ERROR_SUCCESS) return os_error(failed, "which boot is this");
    return fmt::format("{:08x}{:08x}", created.dwHighDateTime, created.dwLowDateTime);
}

}  // namespace update
