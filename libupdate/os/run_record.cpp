#include "os/run_record.hpp"

#include <sstream>

namespace update {

std::optional<RunRecord> parse_run_record(const std::string& text) {
    std::istringstream words{text};
    RunRecord record;
    words >> record.process.pid >> record.process.start_ticks >> record.boot_id >> record.program;
    if (!words || record.process.pid <= 1 || record.process.start_ticks == 0) return std::nullopt;
    words >> record.group;
    return record;
}

}  // namespace update
