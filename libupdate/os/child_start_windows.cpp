#include <fmt/format.h>

#include "os/child_start.hpp"
#include "os/control_watch.hpp"
#include "os/descriptor.hpp"
#include "os/os_error.hpp"
#include "os/spawn.hpp"
#include "os/start_process.hpp"
#include "os/supervised_process.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

Status write_file(const Path& path, DWORD how, const std::string& text) {
    const Handle file{::CreateFileW(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                                    how, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr)};
    if (!file) return last_error("write " + path.string());
    DWORD written = 0;
    if (::WriteFile(file.get(), text.data(), static_cast<DWORD>(text.size()), &written, nullptr) == 0)
        return last_error("write " + path.string());
    return done();
}

Path new_name(const Path& run_file) { return Path{run_file} += ".new"; }

/// A full volume does not keep the program from running: the last record's bytes are used again, and without
/// those only who starts it knows of it.
Status write_record(const ChildImage& image, const ProcessId& id, const std::string& group) {
    // As long as any before it, so that an old record is overwritten whole.
    const auto text =
        fmt::format("{:>10} {:>20} {} {} {}\n", id.pid, id.start_ticks, image.boot_id, image.program, group);
    const Path beside = new_name(image.run_file);
    auto written = write_file(beside, CREATE_ALWAYS, text);
    if (written) {
        if (::MoveFileExW(beside.c_str(), image.run_file.c_str(), MOVEFILE_REPLACE_EXISTING) != 0)
            return done();
        return last_error("write " + image.run_file.string());
    }
    ::DeleteFileW(beside.c_str());
    if (written.error().code() != ErrorCode::no_space) return written;
    (void)write_file(image.run_file, OPEN_EXISTING, text).has_value();
    return done();
}

Result<Handle> make_stop_event(const std::string& group) {
    UPDATE_TRY(rights, private_rights(), "stop event");
    UPDATE_TRY(name, to_wide(stop_event_name(group)), "stop event");
    SECURITY_ATTRIBUTES attributes{sizeof attributes, rights.get(), FALSE};
    Handle event{::CreateEventW(&attributes, TRUE, FALSE, name.c_str())};
    if (!event) return last_error("create stop event");
    return event;
}

Error gone(const ChildImage& image, const Job& job, Error error) {
    job.terminate();
    ::DeleteFileW(image.run_file.c_str());
    ::DeleteFileW(new_name(image.run_file).c_str());
    return error;
}

/// Lives by itself from here on. It keeps its own job's name alive.
Status let_go(const StartedProcess& started, Job& job) {
    if (::ResumeThread(started.thread.get()) == static_cast<DWORD>(-1)) return last_error("resume program");
    UPDATE_CHECK(job.set_end(JobEnd::by_itself), "let go");
    // One that has ended at once needs no name any more.
    (void)job.give_handle_to(started.process.get()).has_value();
    return done();
}

}  // namespace

/// Until the record is on disk and the program goes on, it stands still and would die with this process.
Result<ChildProcess> start_child(const ChildImage& image) {
    UPDATE_CHECK(check_program(image.command), "start child");
    UPDATE_TRY(group, secret_name(), "start child");
    UPDATE_TRY(stop, make_stop_event(group), "start child");
    UPDATE_TRY(job, Job::create(job_name(group), JobEnd::with_its_last_handle), "start child");
    ProcessStart start{image.command, image.environment};
    start.environment.push_back(fmt::format("{}={}", stop_event_variable, stop_event_name(group)));
    start.job = job.get();
    start.suspended = true;
    if (image.output == ChildOutput::inherited) {
        start.output = ::GetStdHandle(STD_OUTPUT_HANDLE);
        start.errors = ::GetStdHandle(STD_ERROR_HANDLE);
    }
    auto started = start_process(start);
    if (!started) return gone(image, job, std::move(started).error());
    if (auto written = write_record(image, started->id, group); !written)
        return gone(image, job, std::move(written).error());
    if (auto free = let_go(*started, job); !free) return gone(image, job, std::move(free).error());
    auto system = std::make_unique<ChildProcess::System>();
    system->id = started->id;
    system->process = std::move(started->process);
    system->job = std::move(job);
    system->stop = std::move(stop);
    return ChildProcess{std::move(system)};
}

}  // namespace update
