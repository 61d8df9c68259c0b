// Whose stop of a service it was. The SCM forgets which process it stopped, so one life of the service is
// named in run/<program>.stopped: a stop that was ours says nothing of a later life.
#pragma once
#include <optional>
#include <string>

#include "layout/layout.hpp"
#include "ports/files.hpp"
#include "ports/processes.hpp"

namespace update {

class OwnStop {
 public:
    OwnStop(Files& files, const Layout& layout) : files_{files}, layout_{layout} {}
    /// Durable before the service is asked to stop.
    /// @param process  of the service; nothing when it is not known
    Status note(const std::string& program, const std::optional<ProcessId>& process);
    /// Was the last stop of a service that is down ours?
    bool was(const std::string& program);
    /// What is noted, to be forgotten after a start. A stop that somebody else notes meanwhile is not.
    std::optional<std::string> noted(const std::string& program);
    Status forget(const std::string& program, const std::optional<std::string>& noted_before);

 private:
    Files& files_;
    const Layout& layout_;
};

}  // namespace update
