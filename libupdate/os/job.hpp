// For the Windows twins: a job object, the one thing that holds a process together with all that it starts.
#pragma once
#include <cstdint>
#include <string>

#include <update/result.hpp>

#include "os/handle.hpp"

namespace update {

enum class JobEnd : std::uint8_t {
    with_its_last_handle,  ///< whoever made it dies, its processes die
    by_itself,             ///< its processes go on
};

class Job {
 public:
    Job() = default;
    /// Programs may leave it (the helper must), when they ask for it. @param name  may be empty
    static Result<Job> create(const std::wstring& name, JobEnd);
    /// @return `not_found` when all that was in it has ended
    static Result<Job> open(const std::wstring& name);

    explicit operator bool() const { return static_cast<bool>(handle_); }
    void* get() const { return handle_.get(); }
    Status set_end(JobEnd);
    /// Ends every process in it, at once.
    void terminate() const;
    /// The name can be opened as long as `process` lives, whatever happens to this one.
    Status give_handle_to(void* process) const;

 private:
    explicit Job(Handle handle) : handle_{std::move(handle)} {}
    Handle handle_;
};

/// Would the system let a program that this process starts leave this process's job? True without a job.
bool may_leave_job();

}  // namespace update
