#include "os/scm/own_stop.hpp"

#include <fmt/format.h>
#include <sstream>

#include "durable/durable.hpp"
#include "os/run_record.hpp"

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

Status OwnStop::note(const std::string& program, const std::optional<ProcessId>& process) {
    return write_durably(files_, layout_.stopped_file(program),
                         process ? fmt::format("{} {}", process->pid, process->start_ticks) : "unknown");
}

/// Programs that know libupdate leave a record of themselves, some time after they began. So one of an
/// earlier life says nothing, and one of a later life that our stop is long over.
bool OwnStop::was(const std::string& program) {
    const auto marker = read_text(files_, layout_.stopped_file(program), marker_max_bytes);
    if (!marker) return false;
    const auto record = read_run_record(layout_.pid_file(program));
    const auto ours = parse(*marker);
    return !record || !*record || !ours || ours->start_ticks >= (*record)->process.start_ticks;
}

Status OwnStop::forget(const std::string& program, const std::optional<ProcessId>& alive) {
    const auto marker = read_text(files_, layout_.stopped_file(program), marker_max_bytes);
    if (marker && alive && parse(*marker) == alive) return done();
    return files_.remove(layout_.stopped_file(program));
}

}  // namespace update
