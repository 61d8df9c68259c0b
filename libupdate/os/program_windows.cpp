#include <fmt/format.h>
#include <optional>

#include "os/open_process.hpp"
#include "os/os_error.hpp"
#include "os/place.hpp"
#include "os/process_handle.hpp"
#include "os/process_id.hpp"
#include "os/program.hpp"
#include "os/stand_in.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

Result<FileId> id_of(const Path& path) {
    UPDATE_TRY(place, find_place(path), "look at program");
    UPDATE_TRY(handle, open_for_look(place, path), "look at program");
    BY_HANDLE_FILE_INFORMATION data{};
    if (!::GetFileInformationByHandle(handle.get(), &data)) return last_error("look at " + quoted(path));
    return FileId{data.dwVolumeSerialNumber, std::uint64_t{data.nFileIndexHigh} << 32 | data.nFileIndexLow};
}

Path own_path() {
    std::wstring path(32768, L'\0');
    path.resize(::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
    return path;
}

/// Asked before main: Windows goes on naming the path from which a program was started, whatever lies there
/// by now.
const std::optional<FileId> own_image = [] {
    const auto id = id_of(own_path());
    return id ? std::optional{*id} : std::nullopt;
}();

}  // namespace

Result<bool> runs_image(const Path& installed) {
    if (!own_image) return Error{ErrorCode::permission, "the own program's file could not be looked at"};
    UPDATE_TRY(there, id_of(installed), "compare with the own program");
    return there == *own_image;
}

/// Windows replaces no program in a process. The other one is started as our child, and this process becomes
/// its stand-in: it lets go of all that it holds, waits, and ends as the other ends.
Error become(const Path& program, const Path& name, const std::vector<std::string>& arguments) {
    return stand_in_for(program, name, arguments);
}

Result<ProcessId> find_process(std::int64_t pid) { return identify(pid); }

Result<Path> program_of(const ProcessId& process) {
    const std::string what = fmt::format("program of process {}", process.pid);
    UPDATE_TRY(handle, open_process_number(process.pid, 0), what);
    UPDATE_TRY(named, identify(handle.get()), what);
    if (named != process) return Error{ErrorCode::not_found, what + ": it has ended"};
    std::wstring path(32768, L'\0');
    auto size = static_cast<DWORD>(path.size());
    if (::QueryFullProcessImageNameW(handle.get(), 0, path.data(), &size) == 0) return last_error(what);
    path.resize(size);
    return Path{path};
}

Status kill_process(const ProcessId& process) {
    use_debug_privilege();
    const auto handle = open_process(process);
    if (!handle) return handle.error().code() == ErrorCode::not_found ? done() : Status{handle.error()};
    constexpr DWORD patience_ms = 5'000;
    if (!::TerminateProcess(handle->get(), killed_code) && !has_ended(*handle))
        return last_error(fmt::format("end process {}", process.pid));
    if (::WaitForSingleObject(handle->get(), patience_ms) == WAIT_OBJECT_0) return done();
    return Error{ErrorCode::timed_out, fmt::format("process {} does not end", process.pid)};
}

}  // namespace update
