#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/process_handle.hpp"
#include "os/supervised_process.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

bool is_secret_name(const std::string& name) {
    return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string stop_event_name(const std::string& group) { return "Global\\update-" + group + "-stop"; }
std::wstring job_name(const std::string& group) {
    return L"Global\\update-" + std::wstring(group.begin(), group.end()) + L"-job";
}

ChildProcess::ChildProcess(std::unique_ptr<System> system) : system_{std::move(system)} {}
ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;
ChildProcess& ChildProcess::operator=(ChildProcess&&) noexcept = default;
ChildProcess::~ChildProcess() = default;

Result<ChildProcess> ChildProcess::adopt(const RunRecord& record) {
    UPDATE_TRY(process, open_process(record.process), "follow process");
    auto system = std::make_unique<System>();
    system->id = record.process;
    system->process = std::move(process);
    // Either may be gone: a program that listens to no event is ended by force, one without a job alone.
    if (is_secret_name(record.group)) {
        if (auto job = Job::open(job_name(record.group))) system->job = std::move(*job);
        const auto name = to_wide(stop_event_name(record.group));
        system->stop.reset(::OpenEventW(EVENT_MODIFY_STATE, FALSE, name->c_str()));
    }
    return ChildProcess{std::move(system)};
}

const ProcessId& ChildProcess::id() const { return system_->id; }
void* ChildProcess::waitable() const { return system_->process.get(); }
bool ChildProcess::has_ended() const { return update::has_ended(system_->process); }

std::optional<ExitStatus> ChildProcess::exit() const {
    if (!has_ended()) return std::nullopt;
    const auto status = exit_of(system_->process.get());
    return status ? std::optional{*status} : std::nullopt;
}

Status ChildProcess::ask_to_end() {
    if (system_->stop && ::SetEvent(system_->stop.get()) == 0) return last_error("set stop event");
    return done();
}

Status ChildProcess::kill() {
    system_->job.terminate();
    if (::TerminateProcess(system_->process.get(), killed_code) != 0 || has_ended()) return done();
    // One that is just ending cannot be terminated any more.
    if (::GetLastError() == ERROR_ACCESS_DENIED) return done();
    return last_error("terminate process");
}

std::optional<ExitStatus> ChildProcess::collect() {
    system_->job.terminate();
    return exit();
}

Result<bool> is_there(const Path& path) {
    if (::GetFileAttributesW(path.c_str()) != INVALID_FILE_ATTRIBUTES) return true;
    const DWORD error = ::GetLastError();
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND) return false;
    return os_error(static_cast<int>(error), "look at " + path.string());
}

Status check_executable(const Path& image) {
    const Handle file{::CreateFileW(image.c_str(), GENERIC_READ | FILE_EXECUTE,
                                    FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, 0, nullptr)};
    if (file) return done();
    return last_error(image.string() + " cannot be executed");
}

}  // namespace update
