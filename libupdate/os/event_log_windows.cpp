#include <cstdio>
#include <fcntl.h>
#include <io.h>

#include "os/event_log.hpp"
#include "os/os_error.hpp"
#include "os/registry.hpp"
#include "os/wide.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr const char* sources = R"(SYSTEM\CurrentControlSet\Services\EventLog\Application\)";
// Its events 1 to 1000 are their first text, unchanged. It belongs to Windows.
constexpr const char* message_file = R"(%SystemRoot%\System32\EventCreate.exe)";
constexpr DWORD event_number = 1;
constexpr std::size_t text_max = 16'000;  // the log takes 31,839 characters
constexpr unsigned types_supported = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
constexpr unsigned pipe_bytes = 64 * 1024;

WORD type_of(EventLevel level) {
    switch (level) {
        case EventLevel::error:
            return EVENTLOG_ERROR_TYPE;
        case EventLevel::warning:
            return EVENTLOG_WARNING_TYPE;
        case EventLevel::information:
            break;
    }
    return EVENTLOG_INFORMATION_TYPE;
}

void report_lines(const EventLog& log, int from) {
    std::string line;
    char piece[4096];
    for (int got = ::_read(from, piece, sizeof piece); got > 0; got = ::_read(from, piece, sizeof piece)) {
        for (const char c : std::string_view{piece, static_cast<std::size_t>(got)}) {
            if (c != '\n' && line.size() < text_max) {
                if (c != '\r') line += c;
                continue;
            }
            if (!line.empty()) log.report(EventLevel::information, line);
            line.clear();
        }
    }
}

}  // namespace

Result<std::unique_ptr<EventLog>> EventLog::open(const std::string& source) {
    UPDATE_TRY(wide, to_wide(source), "event log");
    void* handle = ::RegisterEventSourceW(nullptr, wide.c_str());
    if (handle == nullptr) return last_error("open the event log");
    return std::unique_ptr<EventLog>{new EventLog{handle}};
}

EventLog::~EventLog() { ::DeregisterEventSource(handle_); }

void EventLog::report(EventLevel level, const std::string& text) const {
    const auto wide = to_wide(text.substr(0, text_max));
    const wchar_t* texts[] = {wide ? wide->c_str() : L"(a text that is not UTF-8)"};
    ::ReportEventW(handle_, type_of(level), 0, event_number, nullptr, 1, 0, texts, nullptr);
}

Status register_event_source(const std::string& source) {
    UPDATE_TRY(key, RegistryKey::create(sources + source), "event source");
    UPDATE_CHECK(key.write_expandable("EventMessageFile", message_file), "event source");
    return key.write("TypesSupported", types_supported);
}

Result<bool> is_event_source(const std::string& source) {
    const auto key = RegistryKey::open(sources + source);
    if (!key && key.error().code() == ErrorCode::not_found) return false;
    if (!key) return Error{key.error()}.in("event source");
    UPDATE_TRY(file, key->read("EventMessageFile"), "event source");
    return file.has_value();
}

Status unregister_event_source(const std::string& source) { return RegistryKey::remove(sources + source); }

void print_to_event_log(const std::string& source) {
    auto log = EventLog::open(source);
    int ends[2];
    if (!log || ::_pipe(ends, pipe_bytes, _O_BINARY | _O_NOINHERIT) != 0) return;
    // Without a console the streams have no descriptor that could be replaced.
    for (std::FILE* stream : {stdout, stderr}) {
        if (std::freopen("NUL", "w", stream) == nullptr) continue;
        ::_dup2(ends[1], ::_fileno(stream));
        std::setvbuf(stream, nullptr, _IONBF, 0);
    }
    ::_close(ends[1]);
    // It ends with the process: there is always one who may still print.
    std::thread{[from = ends[0], kept = std::shared_ptr<EventLog>{std::move(*log)}] {
        report_lines(*kept, from);
    }}.detach();
}

}  // namespace update
