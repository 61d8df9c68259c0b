#include "policy/executable.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <string>

namespace update {
namespace {

using Bytes = std::span<const std::byte>;

/// The same processor's numbers in both formats. (ELF gABI chapter 4; PE format, "Machine Types".)
struct Numbers {
    Machine::Processor processor;
    std::uint16_t elf, pe;
    bool bits64;
};
constexpr std::array<Numbers, 5> known{{
    {Machine::Processor::x86_64, 62, 0x8664, true},
    {Machine::Processor::x86, 3, 0x014c, false},
    {Machine::Processor::aarch64, 183, 0xaa64, true},
    {Machine::Processor::arm, 40, 0x01c4, false},
    {Machine::Processor::riscv64, 243, 0x5064, true},
}};
const Numbers& numbers(const Machine& machine) {
    return *std::find_if(known.begin(), known.end(),
                         [&](const auto& n) { return n.processor == machine.processor; });
}

Error unsupported(const std::string& found, const Machine& machine) {
    return Error{ErrorCode::unsupported, fmt::format("{}; this machine runs {} {} programs", found,
                                                     name(machine.processor), name(machine.system))};
}

/// Little-endian, as all known processors are used. The caller has checked the bounds.
std::uint64_t number(Bytes bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
    return value;
}
unsigned byte(Bytes bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

bool begins_with(Bytes bytes, std::string_view text) {
    if (bytes.size() < text.size()) return false;
    return std::equal(text.begin(), text.end(), bytes.begin(), [](char c, std::byte b) {
        return static_cast<unsigned char>(c) == std::to_integer<unsigned char>(b);
    });
}

/// Enough for an operator to recognise an error page or an archive.
std::string first_bytes(Bytes bytes) {
    std::string shown;
    for (const auto b : bytes.first(std::min<std::size_t>(bytes.size(), 16))) {
        const auto c = std::to_integer<unsigned char>(b);
        shown += c >= 0x20 && c < 0x7f ? std::string(1, static_cast<char>(c)) : fmt::format("\\x{:02x}", c);
    }
    return shown;
}

std::string processor_name(std::uint64_t elf_or_pe, std::uint16_t Numbers::*format) {
    const auto at =
        std::find_if(known.begin(), known.end(), [&](const auto& n) { return n.*format == elf_or_pe; });
    if (at == known.end()) return fmt::format("processor number {}", elf_or_pe);
    return std::string{name(at->processor)};
}

/// Where the fields behind the entry point lie, which the class decides. (ELF gABI, "ELF Header".)
struct ElfShape {
    std::size_t header, entry, word, program_offset, header_size, program_size, program_count;
    std::uint64_t program_entry;
};
constexpr ElfShape elf64{64, 24, 8, 32, 52, 54, 56, 56};
constexpr ElfShape elf32{52, 24, 4, 28, 40, 42, 44, 32};

std::optional<std::string> wrong_elf_identity(Bytes bytes, const Numbers& wanted) {
    if (bytes.size() < elf32.header) return fmt::format("ELF file of only {} bytes", bytes.size());
    constexpr unsigned little_endian = 1;
    if (byte(bytes, 5) != little_endian) return "ELF file that is not little-endian";
    const auto processor = number(bytes, 18, 2);
    if (processor != wanted.elf)
        return fmt::format("ELF program for {}", processor_name(processor, &Numbers::elf));
    if (byte(bytes, 4) != (wanted.bits64 ? 2u : 1u))
        return fmt::format("ELF file of class {}", byte(bytes, 4));
    const auto abi = byte(bytes, 7);
    if (abi != 0 && abi != 3)
        return fmt::format("ELF program for system number {}", abi);  // 0 System V, 3 Linux
    const auto type = number(bytes, 16, 2);
    if (type != 2 && type != 3)
        return fmt::format("ELF file of type {}, which is no program", type);  // EXEC, DYN
    return std::nullopt;
}

std::optional<std::string> wrong_elf_sizes(Bytes bytes, const ElfShape& shape) {
    if (bytes.size() < shape.header) return fmt::format("ELF file of only {} bytes", bytes.size());
    if (number(bytes, 20, 4) != 1) return fmt::format("ELF file of version {}", number(bytes, 20, 4));
    if (number(bytes, shape.entry, shape.word) == 0) return "ELF library without an entry point";
    const auto program_offset = number(bytes, shape.program_offset, shape.word);
    const bool sane = number(bytes, shape.header_size, 2) == shape.header && program_offset >= shape.header &&
                      number(bytes, shape.program_size, 2) == shape.program_entry &&
                      number(bytes, shape.program_count, 2) > 0;
    if (!sane) return "ELF file with a damaged header";
    return std::nullopt;
}

Status check_elf(Bytes bytes, const Machine& machine) {
    const auto& wanted = numbers(machine);
    if (const auto wrong = wrong_elf_identity(bytes, wanted)) return unsupported(*wrong, machine);
    if (const auto wrong = wrong_elf_sizes(bytes, wanted.bits64 ? elf64 : elf32))
        return unsupported(*wrong, machine);
    return done();
}

Status check_script(Bytes bytes, const Machine& machine) {
    std::size_t at = 2;
    while (at < bytes.size() && (byte(bytes, at) == ' ' || byte(bytes, at) == '\t')) ++at;
    if (at < bytes.size() && byte(bytes, at) == '/') return done();
    return unsupported("script whose interpreter is not an absolute path", machine);
}

std::optional<std::string> wrong_pe(Bytes bytes, const Numbers& wanted) {
    constexpr std::size_t pointer_at = 60,
                          needed = 26;  // signature 4, file header 20, optional header's magic 2
    if (bytes.size() < pointer_at + 4) return fmt::format("DOS or PE file of only {} bytes", bytes.size());
    const auto header = number(bytes, pointer_at, 4);
    if (header > bytes.size() || bytes.size() - header < needed ||
        !begins_with(bytes.subspan(header), {"PE\0\0", 4})) {
        return "DOS program without a PE header where it says";
    }
    const auto pe = bytes.subspan(header);
    const auto processor = number(pe, 4, 2);
    if (processor != wanted.pe)
        return fmt::format("PE program for {}", processor_name(processor, &Numbers::pe));
    constexpr std::uint64_t executable = 0x0002, library = 0x2000;
    const auto flags = number(pe, 22, 2);
    if ((flags & executable) == 0 || (flags & library) != 0) return "PE file that is no program";
    if (number(pe, 24, 2) != (wanted.bits64 ? 0x20bu : 0x10bu)) return "PE file of the wrong word size";
    return std::nullopt;
}

}  // namespace

std::string_view name(Machine::System system) {
    return system == Machine::System::linux_os ? "Linux" : "Windows";
}
std::string_view name(Machine::Processor processor) {
    switch (processor) {
        case Machine::Processor::x86_64:
            return "x86-64";
        case Machine::Processor::x86:
            return "x86";
        case Machine::Processor::aarch64:
            return "AArch64";
        case Machine::Processor::arm:
            return "ARM";
        case Machine::Processor::riscv64:
            return "RISC-V 64";
    }
    return "unknown";
}

Status check_executable_header(Bytes start, const Machine& machine) {
    const bool is_linux = machine.system == Machine::System::linux_os;
    if (start.empty()) return unsupported("the file is empty", machine);
    if (begins_with(start,
                    "\x7f"
                    "ELF")) {
        return is_linux ? check_elf(start, machine) : Status{unsupported("ELF program", machine)};
    }
    if (begins_with(start, "MZ")) {
        if (is_linux) return unsupported("Windows or DOS program", machine);
        if (const auto wrong = wrong_pe(start, numbers(machine))) return unsupported(*wrong, machine);
        return done();
    }
    if (is_linux && begins_with(start, "#!")) return check_script(start, machine);
    return unsupported(fmt::format("no program: it begins with \"{}\"", first_bytes(start)), machine);
}

}  // namespace update
