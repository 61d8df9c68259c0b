#include "os/scm/own_stop.hpp"

#include <fmt/format.h>
#include <sstream>

#include "durable/durable.hpp"
#include "os/run_record.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr std::size_t marker_max_bytes = 64;

std::optional<ProcessId> parse(const std::string& text) {
    std::istringstream words{text};
    ProcessId process;
    if (!(words >> process.pid >> process.start_ticks)) return std::nullopt;
    return process;
}

}  // namespace

/// Where the process is not known, the one that asks is named, so that no two of these texts are the same.
Status OwnStop::note(const std::string& program, const std::optional<ProcessId>& process) {
    return write_durably(files_, layout_.stopped_file(program),
                         process ? fmt::format("{} {}", process->pid, process->start_ticks)
                                 : fmt::format("unknown, asked by {}", ::GetCurrentProcessId()));
}

/// Programs that know libupdate leave a record of themselves, some time after they began. So one of an
/// earlier life says nothing, and one of a later life that our stop is long over.
bool OwnStop::was(const std::string& program) {
    const auto marker = noted(program);
    if (!marker) return false;
    const auto record = read_run_record(layout_.pid_file(program));
    const auto ours = parse(*marker);
    return !record || !*record || !ours || ours->start_ticks >= (*record)->process.start_ticks;
}

std::optional<std::string> OwnStop::noted(const std::string& program) {
    auto marker = read_text(files_, layout_.stopped_file(program), marker_max_bytes);
    if (!marker) return std::nullopt;
    return std::move(*marker);
}

Status OwnStop::forget(const std::string& program, const std::optional<std::string>& noted_before) {
    return noted(program) == noted_before ? files_.remove(layout_.stopped_file(program)) : done();
}

}  // namespace update
