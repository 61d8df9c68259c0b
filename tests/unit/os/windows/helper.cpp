// windows_test_helper MODE [ARGUMENT...]: a process that the tests can start, ask and end.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "os/event_loop.hpp"
#include "os/files.hpp"
#include "os/handshake.hpp"
#include "os/handshake_line.hpp"
#include "os/locks.hpp"
#include "os/processes.hpp"
#include "os/windows.hpp"
#include "supervised_settings.hpp"

namespace {

using Arguments = std::vector<std::string>;

int stay() {
    for (;;) ::Sleep(INFINITE);
}
/// Whole or not at all.
void tell(const std::string& file, const std::string& text) {
    std::ofstream{file + ".part", std::ios::binary} << text;
    std::filesystem::rename(file + ".part", file);
}
std::string own_number() { return std::to_string(::GetCurrentProcessId()); }

/// As programs start each other every day: it inherits the job, and nobody follows it.
DWORD start_plain_child() {
    wchar_t own[1024];
    ::GetModuleFileNameW(nullptr, own, 1024);
    std::wstring line = L"\"" + std::wstring{own} + L"\" stay";
    STARTUPINFOW start{};
    start.cb = sizeof start;
    PROCESS_INFORMATION made{};
    // With our handles: it keeps standard output open.
    if (::CreateProcessW(own, line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &start, &made) == 0)
        return 0;
    ::CloseHandle(made.hThread);
    ::CloseHandle(made.hProcess);
    return made.dwProcessId;
}

int arguments(const Arguments& list) {
    for (const auto& argument : list) std::fwrite(argument.c_str(), 1, argument.size() + 1, stdout);
    return 0;
}
int environment(const Arguments&) {
    wchar_t* const block = ::GetEnvironmentStringsW();
    for (const wchar_t* at = block; *at != 0; at += std::wstring_view{at}.size() + 1)
        std::printf("%ls\n", at);
    return 0;
}
int show(const Arguments&) {
    const bool input_ended = std::fgetc(stdin) == EOF;
    std::printf("input ended %s\nfolder %s\n", input_ended ? "yes" : "no",
                std::filesystem::current_path().string().c_str());
    return 0;
}
int flood(const Arguments&) {
    const std::string block(3'000'000, 'x');
    std::fwrite(block.data(), 1, block.size(), stdout);
    return 0;
}
/// Prints the number of a child that goes on.
int leave_child(const Arguments& list) {
    std::printf("%lu\n", static_cast<unsigned long>(start_plain_child()));
    std::fflush(stdout);
    return list.empty() ? 0 : stay();
}
int answer(const Arguments& list) {
    if (const auto answered = update::answer_handshake(); !answered) {
        tell(list.at(0), answered.error().message());
        return 1;
    }
    const bool removed = std::getenv(update::handshake_variable) == nullptr;
    tell(list.at(0), own_number() + (removed ? " removed" : " there"));
    return stay();
}
int keep_silent(const Arguments& list) {
    tell(list.at(0), own_number());
    return stay();
}
int lie(const Arguments& list) {
    tell(list.at(0), own_number());
    const HANDLE pipe = ::CreateFileA(std::getenv(update::handshake_variable), GENERIC_WRITE, 0, nullptr,
                                      OPEN_EXISTING, 0, nullptr);
    const auto line = update::handshake_line(1234567892);
    DWORD written = 0;
    ::WriteFile(pipe, line.data(), static_cast<DWORD>(line.size()), &written, nullptr);
    return stay();
}
/// A plain child, and one that breaks away: tells both numbers, or why the second one could not.
int start_both(const Arguments& list) {
    const auto plain = start_plain_child();
    wchar_t own[1024];
    ::GetModuleFileNameW(nullptr, own, 1024);
    const auto away = update::make_processes()->break_away(
        {std::filesystem::path{own}, {"answer", list.at(0) + ".away"}}, std::chrono::seconds{30});
    tell(list.at(0),
         std::to_string(plain) + " " + (away ? std::to_string(away->pid) : away.error().message()));
    return stay();
}
/// Ends when it is asked to; tells that it listens.
int listen(const Arguments& list) {
    auto loop = update::EventLoop::create();
    bool asked = false;
    const auto watching = (*loop)->watch_requests([&](update::EventLoop::Request request) {
        asked = request == update::EventLoop::Request::terminate;
    });
    if (!watching) return 2;
    tell(list.at(0), own_number());
    while (!asked) (*loop)->run_once(update::Instant::max());
    return 7;
}
/// Holds a lock for as long as it lives.
int hold(const Arguments& list) {
    const auto held = update::make_locks()->try_lock(list.at(0));
    tell(list.at(1), held ? own_number() : held.error().message());
    return stay();
}
/// Deaf, and with a child.
int be_deaf(const Arguments& list) {
    tell(list.at(0), own_number() + " " + std::to_string(start_plain_child()));
    return stay();
}

/// Another supervisor: starts the program, tells its number, and stays.
int supervise(const Arguments& list) {
    auto loop = std::move(*update::EventLoop::create());
    const auto settings = windows_test::supervised_settings(list.at(0), list.at(1));
    auto services = update::ChildServices::create(*loop, settings, {update::Supervisor::watchdog, {}, {}},
                                                  [](const std::string&, const auto&) {});
    if (!services) return 2;
    const auto started = (*services)->start("agent");
    const auto status = (*services)->status("agent");
    tell(list.at(2), !started  ? started.error().message()
                     : !status ? status.error().message()
                               : std::to_string(status->process.pid));
    return stay();
}

int run(const std::string& mode, const Arguments& list) {
    if (mode == "stay") return stay();
    if (mode == "exit") return std::stoi(list.at(0));
    if (mode == "crash") ::RaiseException(0xC0000005, EXCEPTION_NONCONTINUABLE, 0, nullptr);
    if (mode == "arguments") return arguments(list);
    if (mode == "environment") return environment(list);
    if (mode == "show") return show(list);
    if (mode == "flood") return flood(list);
    if (mode == "leave-child") return leave_child(list);
    if (mode == "answer") return answer(list);
    if (mode == "keep-silent") return keep_silent(list);
    if (mode == "lie") return lie(list);
    if (mode == "start-both") return start_both(list);
    if (mode == "listen") return listen(list);
    if (mode == "hold") return hold(list);
    if (mode == "supervise") return supervise(list);
    if (mode == "rename") return update::make_files()->rename(list.at(0), list.at(1)) ? 0 : 1;
    if (mode == "be-deaf") return be_deaf(list);
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    ::SetErrorMode(SEM_NOGPFAULTERRORBOX | SEM_FAILCRITICALERRORS);  // no dialogue that waits for a click
    return run(argv[1], {argv + 2, argv + argc});
}
