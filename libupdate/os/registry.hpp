// Windows: keys below HKEY_LOCAL_MACHINE, in the 64-bit view.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <update/result.hpp>

#include "os/handle.hpp"

namespace update {

class RegistryKey {
 public:
    /// For reading and writing. What is missing on the way is created. @param path  "SOFTWARE\\acme"
    static Result<RegistryKey> create(const std::string& path);
    /// For reading. @return `not_found`
    static Result<RegistryKey> open(const std::string& path);
    /// With all that is below it. Absent is success.
    static Status remove(const std::string& path);

    /// With anything in it, it stays, and that is success.
    static Status remove_if_empty(const std::string& path);

    Status write(const std::string& name, const std::string& text) const;
    Status write(const std::string& name, std::uint32_t number) const;
    /// With variables as %SystemRoot%.
    Status write_expandable(const std::string& name, const std::string& text) const;
    /// @return nothing when there is no such value; `corrupt` when it is no text
    Result<std::optional<std::string>> read(const std::string& name) const;
    /// Absent is success.
    Status remove_value(const std::string& name) const;
    /// Durable when this returns.
    Status flush() const;

 private:
    RegistryKey(KeyHandle key, std::string path) : key_{std::move(key)}, path_{std::move(path)} {}
    Status write_text(const std::string& name, const std::string& text, unsigned long type) const;
    KeyHandle key_;
    std::string path_;
};

}  // namespace update
