// Serves a folder over plain HTTP on this machine: a repository of signed releases.
#pragma once
#include <filesystem>
#include <string>
#include <thread>

namespace update::test {

class FolderServer {
 public:
    explicit FolderServer(std::filesystem::path folder);
    ~FolderServer();
    FolderServer(const FolderServer&) = delete;
    FolderServer& operator=(const FolderServer&) = delete;
    std::string url() const { return url_; }  ///< without a slash at its end

 private:
    void serve();
    std::string answer_to(const std::string& request) const;

    std::filesystem::path folder_;
    std::string url_;
    unsigned long long listener_ = 0;
    std::thread thread_;
};

}  // namespace update::test
