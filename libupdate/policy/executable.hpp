// Can this machine run that file? Answered from its first bytes, before anything is stopped for it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <update/result.hpp>

namespace update {

struct Machine {
    enum class System : std::uint8_t { linux_os, windows_os } system = System::linux_os;
    enum class Processor : std::uint8_t { x86_64, x86, aarch64, arm, riscv64 } processor = Processor::x86_64;
    bool operator==(const Machine&) const = default;
};
/// "x86-64 Linux"
std::string_view name(Machine::System);
std::string_view name(Machine::Processor);

/// So many bytes from the beginning suffice for both formats. An ELF header is whole within 64; a PE file
/// says in its first 64 where its header lies, and linkers place it below 1 KiB.
inline constexpr std::size_t executable_header_bytes = 4096;

/// @param start  the file's first `executable_header_bytes`, or all of it when it is shorter
/// @return success for a program of this machine: ELF (class, byte order, processor, type, sizes) or a script
/// whose `#!` interpreter is an absolute path on Linux, PE but no DLL on Windows; else `unsupported` with
/// what was found. Pure. A success is no promise: libraries may be missing, which only a start shows.
Status check_executable_header(std::span<const std::byte> start, const Machine&);

}  // namespace update
