#include <vector>

#include "os/os_error.hpp"
#include "os/registry.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr REGSAM view = KEY_WOW64_64KEY;  // whoever looks with a 64-bit program finds the same

Error failed(LSTATUS error, const std::string& what, const std::string& path) {
    return os_error(static_cast<int>(error), what + " HKLM\\" + path);
}

}  // namespace

Result<RegistryKey> RegistryKey::create(const std::string& path) {
    UPDATE_TRY(wide, to_wide(path), "registry");
    HKEY key = nullptr;
    const auto error =
        ::RegCreateKeyExW(HKEY_LOCAL_MACHINE, wide.c_str(), 0, nullptr, REG_OPTION_NON_VOLATILE,
                          KEY_READ | KEY_WRITE | view, nullptr, &key, nullptr);
    if (error != ERROR_SUCCESS) return failed(error, "create", path);
    return RegistryKey{KeyHandle{key}, path};
}

Result<RegistryKey> RegistryKey::open(const std::string& path) {
    UPDATE_TRY(wide, to_wide(path), "registry");
    HKEY key = nullptr;
    const auto error = ::RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide.c_str(), 0, KEY_READ | view, &key);
    if (error != ERROR_SUCCESS) return failed(error, "open", path);
    return RegistryKey{KeyHandle{key}, path};
}

Status RegistryKey::remove(const std::string& path) {
    UPDATE_TRY(wide, to_wide(path), "registry");
    HKEY key = nullptr;
    const auto error = ::RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide.c_str(), 0, KEY_ALL_ACCESS | view, &key);
    if (error == ERROR_FILE_NOT_FOUND) return done();
    if (error != ERROR_SUCCESS) return failed(error, "open", path);
    const KeyHandle owner{key};
    if (const auto emptied = ::RegDeleteTreeW(key, nullptr); emptied != ERROR_SUCCESS)
        return failed(emptied, "empty", path);
    const auto removed = ::RegDeleteKeyExW(HKEY_LOCAL_MACHINE, wide.c_str(), view, 0);
    if (removed != ERROR_SUCCESS && removed != ERROR_FILE_NOT_FOUND) return failed(removed, "remove", path);
    return done();
}

Status RegistryKey::write_text(const std::string& name, const std::string& text, unsigned long type) const {
    UPDATE_TRY(wide_name, to_wide(name), "registry");
    UPDATE_TRY(wide, to_wide(text), "registry");
    const auto bytes = static_cast<DWORD>((wide.size() + 1) * sizeof(wchar_t));
    const auto error = ::RegSetValueExW(key_.as<HKEY>(), wide_name.c_str(), 0, type,
                                        reinterpret_cast<const BYTE*>(wide.c_str()), bytes);
    if (error != ERROR_SUCCESS) return failed(error, "write " + name + " to", path_);
    return done();
}

Status RegistryKey::write(const std::string& name, const std::string& text) const {
    return write_text(name, text, REG_SZ);
}

Status RegistryKey::write_expandable(const std::string& name, const std::string& text) const {
    return write_text(name, text, REG_EXPAND_SZ);
}

Status RegistryKey::write(const std::string& name, std::uint32_t number) const {
    UPDATE_TRY(wide, to_wide(name), "registry");
    const auto error = ::RegSetValueExW(key_.as<HKEY>(), wide.c_str(), 0, REG_DWORD,
                                        reinterpret_cast<const BYTE*>(&number), sizeof number);
    if (error != ERROR_SUCCESS) return failed(error, "write " + name + " to", path_);
    return done();
}

Result<std::optional<std::string>> RegistryKey::read(const std::string& name) const {
    UPDATE_TRY(wide, to_wide(name), "registry");
    DWORD type = 0, bytes = 0;
    auto error = ::RegQueryValueExW(key_.as<HKEY>(), wide.c_str(), nullptr, &type, nullptr, &bytes);
    if (error == ERROR_FILE_NOT_FOUND) return std::optional<std::string>{};
    if (error != ERROR_SUCCESS) return failed(error, "read " + name + " of", path_);
    if (type != REG_SZ && type != REG_EXPAND_SZ)
        return Error{ErrorCode::corrupt, name + " of HKLM\\" + path_ + " is no text"};
    std::vector<wchar_t> text(bytes / sizeof(wchar_t) + 1);
    error = ::RegQueryValueExW(key_.as<HKEY>(), wide.c_str(), nullptr, &type,
                               reinterpret_cast<BYTE*>(text.data()), &bytes);
    if (error != ERROR_SUCCESS) return failed(error, "read " + name + " of", path_);
    return std::optional{to_utf8(text.data())};  // ends at the first zero, as everybody reads it
}

Status RegistryKey::remove_value(const std::string& name) const {
    UPDATE_TRY(wide, to_wide(name), "registry");
    const auto error = ::RegDeleteValueW(key_.as<HKEY>(), wide.c_str());
    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND)
        return failed(error, "remove " + name + " of", path_);
    return done();
}

Status RegistryKey::remove_if_empty(const std::string& path) {
    auto key = open(path);
    if (!key && key.error().code() == ErrorCode::not_found) return done();
    if (!key) return std::move(key).error();
    DWORD keys = 0, values = 0;
    const auto error = ::RegQueryInfoKeyW(key->key_.as<HKEY>(), nullptr, nullptr, nullptr, &keys, nullptr,
                                          nullptr, &values, nullptr, nullptr, nullptr, nullptr);
    if (error != ERROR_SUCCESS) return failed(error, "look into", path);
    return keys + values == 0 ? remove(path) : done();
}

Status RegistryKey::flush() const {
    if (const auto error = ::RegFlushKey(key_.as<HKEY>()); error != ERROR_SUCCESS)
        return failed(error, "flush", path_);
    return done();
}

}  // namespace update
