#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <update/exit_code.hpp>

#include "os/event_log.hpp"
#include "os/handshake.hpp"
#include "os/job.hpp"
#include "os/os_error.hpp"
#include "os/scheduled_task.hpp"
#include "os/service_main.hpp"
#include "os/service_report.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

/// The SCM calls a function without any context of ours; there is one service in a process.
struct Service {
    std::string name;
    std::vector<char*> arguments;
    const ProgramWork* work = nullptr;
    Children children = Children::end_with_it;
    int exit_code = static_cast<int>(AgentExit::restart);
};
Service* the_service = nullptr;

/// Where somebody has put this process into a job that lets nobody leave, that one stays the only one: out of
/// one of ours within it, a program would seem to break away, and would not.
Status hold_children() {
    if (!may_leave_job()) return done();
    UPDATE_TRY(job, Job::create({}, JobEnd::with_its_last_handle), "children");
    // This is its last handle, which the system closes when this process has ended.
    static const auto* const kept = new Job{std::move(job)};
    if (::AssignProcessToJobObject(kept->get(), ::GetCurrentProcess()) == 0) return last_error("children");
    return done();
}

void WINAPI service_main(DWORD, wchar_t**) {
    Service& service = *the_service;
    auto& report = ServiceReport::instance();
    if (auto begun = report.begin(service.name); !begun) return;  // the SCM does not know us: nothing to say
    if (service.children == Children::end_with_it)
        if (const auto held = hold_children(); !held)
            std::fprintf(stderr, "what this service starts may outlive it: %s\n",
                         held.error().message().c_str());
    service.exit_code =
        (*service.work)(static_cast<int>(service.arguments.size()) - 1, service.arguments.data());
    report.end(service.exit_code);
}

}  // namespace

int run_as_service(int argc, char** argv, const ProgramWork& work, Children children) {
    // A task of the scheduler has no environment of ours, where everybody else finds the handshake.
    if (argc >= 3 && std::string_view{argv[argc - 2]} == handshake_word) {
        ::_putenv_s(handshake_variable, argv[argc - 1]);
        argc -= 2;
        argv[argc] = nullptr;
    }
    if (argc < 3 || std::string_view{argv[1]} != "service") return work(argc, argv);
    Service service{argv[2], {argv[0]}, &work, children};
    service.arguments.insert(service.arguments.end(), argv + 3, argv + argc);
    service.arguments.push_back(nullptr);
    the_service = &service;
    auto name = to_wide(service.name);
    if (!name) return static_cast<int>(AgentExit::bad_invocation);
    // Of a process with one service the SCM ignores the name; Wine's does not.
    const SERVICE_TABLE_ENTRYW table[] = {{name->data(), &service_main}, {nullptr, nullptr}};
    print_to_event_log(service.name);
    if (::StartServiceCtrlDispatcherW(table) == 0) {
        std::fprintf(
            stderr, "%s\n",
            last_error("\"service " + service.name + "\" is for the service manager").message().c_str());
        return static_cast<int>(AgentExit::bad_invocation);
    }
    return service.exit_code;
}

bool is_bound_service() { return the_service != nullptr; }

void leave_service() {
    ServiceReport::instance().end(0, ServiceEnd::taken_over);
    ::TerminateProcess(::GetCurrentProcess(), 0);
    for (;;) ::Sleep(INFINITE);
}

}  // namespace update
