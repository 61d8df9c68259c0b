// Private to os/, Windows: the application event log.
#pragma once
#include <memory>
#include <string>
#include <thread>

#include <update/result.hpp>

namespace update {

enum class EventLevel : std::uint8_t { information, warning, error };

/// One source of events. Whoever reads them needs `register_event_source` to see more than the bare texts.
class EventLog {
 public:
    static Result<std::unique_ptr<EventLog>> open(const std::string& source);
    ~EventLog();
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;
    /// Never blocks for long, never fails for the caller: a log is no reason to stop.
    void report(EventLevel, const std::string& text) const;

 private:
    explicit EventLog(void* handle) : handle_{handle} {}
    void* handle_;
};

/// For administrators: names the texts of events (Windows has a file whose events are one text each).
Status register_event_source(const std::string& source);
/// With anything that says what its events mean.
Result<bool> is_event_source(const std::string& source);
/// Absent is success.
Status unregister_event_source(const std::string& source);

/// From now on each line that this process prints is an event. For a service, which has no console.
void print_to_event_log(const std::string& source);

}  // namespace update
