#include "os/descriptor.hpp"
#include "os/job.hpp"
#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/windows.hpp"

namespace update {

Result<Job> Job::create(const std::wstring& name, JobEnd end) {
    UPDATE_TRY(rights, private_rights(), "create job");
    SECURITY_ATTRIBUTES attributes{sizeof attributes, rights.get(), FALSE};
    Job job{Handle{::CreateJobObjectW(&attributes, name.empty() ? nullptr : name.c_str())}};
    if (!job) return last_error("create job");
    if (::GetLastError() == ERROR_ALREADY_EXISTS)
        return Error{ErrorCode::refused, "somebody else has a job of this name"};
    UPDATE_CHECK(job.set_end(end), "create job");
    return job;
}

Result<Job> Job::open(const std::wstring& name) {
    Job job{Handle{::OpenJobObjectW(JOB_OBJECT_TERMINATE | JOB_OBJECT_QUERY, FALSE, name.c_str())}};
    if (!job) return last_error("open job");
    return job;
}

Status Job::set_end(JobEnd end) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_BREAKAWAY_OK;
    if (end == JobEnd::with_its_last_handle)
        limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (::SetInformationJobObject(get(), JobObjectExtendedLimitInformation, &limits, sizeof limits) == 0)
        return last_error("set limits of job");
    return done();
}

void Job::terminate() const {
    if (handle_) ::TerminateJobObject(get(), killed_code);
}

Status Job::give_handle_to(void* process) const {
    HANDLE theirs = nullptr;
    if (::DuplicateHandle(::GetCurrentProcess(), get(), process, &theirs, JOB_OBJECT_QUERY, FALSE, 0) == 0)
        return last_error("give a program its job");
    return done();
}

bool may_leave_job() {
    BOOL inside = FALSE;
    if (::IsProcessInJob(::GetCurrentProcess(), nullptr, &inside) == 0 || inside == FALSE) return true;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
    if (::QueryInformationJobObject(nullptr, JobObjectExtendedLimitInformation, &limits, sizeof limits,
                                    nullptr) == 0)
        return false;
    constexpr DWORD leaving = JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
    return (limits.BasicLimitInformation.LimitFlags & leaving) != 0;
}

}  // namespace update
