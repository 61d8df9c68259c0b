// The least that answers an agent's signs of life: accepts, waits for "ready", says thank you.
#pragma once
#include <cstdint>
#include <map>
#include <string>

/// One thread. Prints "ready VERSION" once for each process that says so.
class ReadyDesk {
 public:
    explicit ReadyDesk(const std::string& socket_path);
    int descriptor() const { return listener_; }
    /// Serves whoever waits.
    void serve();

 private:
    int listener_;
    std::map<std::int64_t, bool> seen_;  ///< by process number
};

/// "WORD REST MICROSECONDS" on standard output; the time is CLOCK_MONOTONIC's.
void tell(const std::string& what);
