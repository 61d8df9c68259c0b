// A scheduled task as the Task Scheduler of Windows reads it. Pure.
#pragma once
#include <string>
#include <vector>

namespace update {

/// Started on demand by nobody but us, at once, as the system; never ended by the scheduler, and gone from
/// its list when it is deleted after the start.
std::string task_xml(const std::string& program, const std::vector<std::string>& arguments,
                     const std::string& description);

}  // namespace update
