#pragma once

namespace update {

/// Ends a program that used a session or alerts, at the end of its `main`: standard streams are flushed, and
/// the destructors of static objects do not run. cpprestsdk's pool of threads lives in one of them, and
/// OpenSSL's exit handler may run before it: a thread that still closes a connection then uses what is gone,
/// and a clean end becomes a segmentation fault, which a service manager takes for a crash.
[[noreturn]] void end_process(int exit_code) noexcept;

}  // namespace update
