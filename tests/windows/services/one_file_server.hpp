// Serves one file over plain HTTP on this machine, for downloads of a test.
#pragma once
#include <filesystem>
#include <string>
#include <thread>

namespace update::test {

class OneFileServer {
 public:
    explicit OneFileServer(const std::filesystem::path& file);
    ~OneFileServer();
    OneFileServer(const OneFileServer&) = delete;
    OneFileServer& operator=(const OneFileServer&) = delete;
    std::string url() const { return url_; }

 private:
    void serve();
    std::string content_, url_;
    unsigned long long listener_ = 0;
    std::thread thread_;
};

}  // namespace update::test
