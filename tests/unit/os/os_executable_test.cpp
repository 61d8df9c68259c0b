// Whether a file is a program of this machine, from its first bytes.
#include "os/machine.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

namespace {

using System = Machine::System;
using Processor = Machine::Processor;
constexpr Machine linux_pc{System::linux_os, Processor::x86_64};
constexpr Machine windows_pc{System::windows_os, Processor::x86_64};

std::string start_of(const Path& path) { return get(path).substr(0, executable_header_bytes); }
Status check(const std::string& start, const Machine& machine = this_machine()) {
    return check_executable_header(bytes(start), machine);
}
void put_number(std::string& to, std::size_t at, std::size_t size, std::uint64_t value) {
    for (std::size_t i = 0; i < size; ++i) to[at + i] = static_cast<char>(value >> (8 * i));
}

/// A position-independent program's header, as the ELF specification lays it out.
std::string elf64(std::uint16_t machine) {
    std::string h(64, '\0');
    h.replace(0, 7,
              "\x7f"
              "ELF\x02\x01\x01");
    put_number(h, 16, 2, 3);
    put_number(h, 18, 2, machine);
    put_number(h, 20, 4, 1);
    put_number(h, 24, 8, 0x1000);
    put_number(h, 32, 8, 64);
    put_number(h, 52, 2, 64);
    put_number(h, 54, 2, 56);
    put_number(h, 56, 2, 9);
    return h;
}
std::string elf32(std::uint16_t machine) {
    std::string h(52, '\0');
    h.replace(0, 7,
              "\x7f"
              "ELF\x01\x01\x01");
    put_number(h, 16, 2, 2);
    put_number(h, 18, 2, machine);
    put_number(h, 20, 4, 1);
    put_number(h, 24, 4, 0x1000);
    put_number(h, 28, 4, 52);
    put_number(h, 40, 2, 52);
    put_number(h, 42, 2, 32);
    put_number(h, 44, 2, 9);
    return h;
}
std::string pe(std::uint16_t machine, std::uint16_t flags = 0x0022, std::uint16_t magic = 0x20b) {
    std::string h(512, '\0');
    h.replace(0, 2, "MZ");
    put_number(h, 60, 4, 0x80);
    h.replace(0x80, 2, "PE");
    put_number(h, 0x84, 2, machine);
    put_number(h, 0x96, 2, flags);
    put_number(h, 0x98, 2, magic);
    return h;
}

std::string message(const Status& status) {
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().code() == ErrorCode::unsupported);
    return status.error().message();
}
bool says(const Status& status, const std::string& words) {
    return message(status).find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("the programs of this machine are accepted") {
    CHECK(check(start_of("/proc/self/exe")).has_value());
    CHECK(check(start_of("/bin/sh")).has_value());
    CHECK(check(start_of("/bin/sh").substr(0, 64)).has_value());
}

TEST_CASE("a program of another processor is named") {
    CHECK(says(check(elf64(183), linux_pc), "AArch64"));
    CHECK(says(check(elf32(3), linux_pc), "x86;"));
    CHECK(says(check(elf64(22), linux_pc), "processor number 22"));
    CHECK(says(check(elf64(62), {System::linux_os, Processor::aarch64}), "x86-64"));
}

TEST_CASE("each processor accepts its own programs") {
    CHECK(check(elf64(62), linux_pc).has_value());
    CHECK(check(elf64(183), {System::linux_os, Processor::aarch64}).has_value());
    CHECK(check(elf64(243), {System::linux_os, Processor::riscv64}).has_value());
    CHECK(check(elf32(3), {System::linux_os, Processor::x86}).has_value());
    CHECK(check(elf32(40), {System::linux_os, Processor::arm}).has_value());
}

TEST_CASE("every truncation of a header is unsupported") {
    const auto whole = elf64(62);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(check(whole.substr(0, size), linux_pc).has_value());
    }
    const auto windows = pe(0x8664);
    for (std::size_t size = 0; size < 0x80 + 26; ++size) {
        CAPTURE(size);
        CHECK_FALSE(check(windows.substr(0, size), windows_pc).has_value());
    }
}

TEST_CASE("an ELF file that is no program of this system is unsupported") {
    struct Change {
        const char* what;
        std::size_t at, size;
        std::uint64_t value;
    };
    for (const auto& change : std::vector<Change>{{"32-bit class", 4, 1, 1},
                                                  {"big-endian", 5, 1, 2},
                                                  {"FreeBSD", 7, 1, 9},
                                                  {"object file", 16, 2, 1},
                                                  {"core dump", 16, 2, 4},
                                                  {"version 2", 20, 4, 2},
                                                  {"no entry point", 24, 8, 0},
                                                  {"segments inside the header", 32, 8, 8},
                                                  {"wrong header size", 52, 2, 52},
                                                  {"wrong segment size", 54, 2, 32},
                                                  {"no segments", 56, 2, 0}}) {
        auto header = elf64(62);
        put_number(header, change.at, change.size, change.value);
        CAPTURE(change.what);
        CHECK_FALSE(check(header, linux_pc).has_value());
    }
}

TEST_CASE("a script is accepted on Linux when its interpreter is an absolute path") {
    CHECK(check("#!/bin/sh\n", linux_pc).has_value());
    CHECK(check("#! /bin/sh\n", linux_pc).has_value());
    CHECK_FALSE(check("#!sh\n", linux_pc).has_value());
    CHECK_FALSE(check("#!", linux_pc).has_value());
    CHECK_FALSE(check("#!/bin/sh\n", windows_pc).has_value());
}

TEST_CASE("Windows programs are accepted on Windows only") {
    CHECK(check(pe(0x8664), windows_pc).has_value());
    CHECK(says(check(pe(0x8664), linux_pc), "Windows or DOS program"));
    CHECK(says(check(elf64(62), windows_pc), "ELF program"));
}

TEST_CASE("a PE file that is no program of this processor is unsupported") {
    CHECK(says(check(pe(0xaa64), windows_pc), "AArch64"));
    CHECK_FALSE(check(pe(0x8664, 0x2022), windows_pc).has_value());         // library
    CHECK_FALSE(check(pe(0x8664, 0x0020), windows_pc).has_value());         // not linked to its end
    CHECK_FALSE(check(pe(0x8664, 0x0022, 0x10b), windows_pc).has_value());  // 32-bit optional header
    auto far = pe(0x8664);
    put_number(far, 60, 4, 0xffffffff);
    CHECK_FALSE(check(far, windows_pc).has_value());
}

TEST_CASE("what an error page or archive begins with is shown, unprintable bytes escaped") {
    CHECK(says(check("<!DOCTYPE html>"), "<!DOCTYPE html>"));
    CHECK(says(check("\x1f\x8b\x08"), "\\x1f\\x8b\\x08"));
    CHECK(says(check(""), "empty"));
}
