#include "windows/services/endpoint.hpp"

#include <chrono>
#include <fmt/format.h>
#include <random>

#include "os/os_error.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"
#include "windows/services/looks.hpp"

namespace update::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
constexpr std::chrono::milliseconds patience = 20s;

fs::path this_program() {
    wchar_t path[1024];
    ::GetModuleFileNameW(nullptr, path, 1024);
    return path;
}

void change_config(const std::string& service, unsigned long type, const std::string& line) {
    auto opened = open_service(service, SERVICE_CHANGE_CONFIG);
    REQUIRE(opened);
    const auto wide = to_wide(line);
    REQUIRE(wide);
    REQUIRE(::ChangeServiceConfigW(opened->as<SC_HANDLE>(), SERVICE_NO_CHANGE, type, SERVICE_NO_CHANGE,
                                   line.empty() ? nullptr : wide->c_str(), nullptr, nullptr, nullptr, nullptr,
                                   nullptr, nullptr) != 0);
}

}  // namespace

Endpoint::Endpoint(std::vector<std::string> mode) {
    const unsigned number = std::random_device{}();
    settings_.product = fmt::format("probe{}", number);
    folder_ = fs::temp_directory_path() / settings_.product;
    settings_.install_root = folder_ / "with space";
    settings_.state_dir = folder_ / "state";
    fs::create_directories(settings_.install_root);
    const fs::path probe = this_program().parent_path() / SERVICE_PROBE;
    fs::copy_file(probe, settings_.install_root / "agent.exe");
    fs::copy_file(probe, settings_.install_root / "watchdog.exe");
    settings_.programs = {{.name = "agent", .path = "agent.exe", .arguments = std::move(mode)}};
}

Endpoint::~Endpoint() {
    for (const std::string& service : {watchdog(), agent()}) {
        auto now = scm_.state(service);
        if (!now) continue;
        if (now->phase != ScmPhase::stopped && now->pid != 0) {
            if (HANDLE process = ::OpenProcess(PROCESS_TERMINATE, FALSE, static_cast<DWORD>(now->pid))) {
                ::TerminateProcess(process, 9);
                ::CloseHandle(process);
            }
            (void)scm_.ask_to_stop(service);
        }
        (void)scm_.remove(service);
    }
    std::error_code left;
    fs::remove_all(folder_, left);
}

void Endpoint::create() {
    const auto made = scm_.create(wanted());
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message()));
}

ScmState Endpoint::state_of(const std::string& service) {
    const auto now = scm_.state(service);
    REQUIRE_MESSAGE(now, (now ? "" : now.error().message()));
    return *now;
}

void Endpoint::set_start_type(const std::string& service, unsigned long type) {
    change_config(service, type, "");
}

void Endpoint::set_command_line(const std::string& service, const std::string& line) {
    change_config(service, SERVICE_NO_CHANGE, line);
}

void Endpoint::kill() {
    HANDLE process = ::OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, static_cast<DWORD>(state().pid));
    REQUIRE(process != nullptr);
    ::TerminateProcess(process, 9);
    ::WaitForSingleObject(process, 5000);
    ::CloseHandle(process);
}

bool Endpoint::eventually(const std::function<bool()>& holds) { return looks_until(patience, holds); }

bool Endpoint::reaches(ScmPhase phase) {
    return eventually([&] { return state().phase == phase; });
}

}  // namespace update::test
