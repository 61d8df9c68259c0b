// A watchdog of another age on the watchdog's socket: it answers every request with one and the same reply.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

namespace update::test {

class OtherWatchdog {
 public:
    /// @param answer  from the request's JSON to the reply's JSON
    OtherWatchdog(const std::filesystem::path& socket, std::function<std::string(const std::string&)> answer);
    ~OtherWatchdog();
    int requests() const { return requests_; }

 private:
    void serve();
    void serve_one(int connection);
    std::function<std::string(const std::string&)> answer_;
    int listener_ = -1, stop_[2] = {-1, -1};
    std::atomic<int> requests_ = 0;
    std::thread thread_;
};

}  // namespace update::test
