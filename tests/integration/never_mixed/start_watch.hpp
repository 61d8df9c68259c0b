// Sees every start of the programs of a set, before its first instruction: the kernel (fanotify) holds each
// `exec` until the watch has looked at what else runs. A mixed set has to begin with such a start.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <sys/fanotify.h>
#include <vector>

#include "support/endpoint.hpp"
#include "support/open_watch.hpp"

namespace update::test {

struct Start {
    std::string program;  ///< its install path
    bool is_new = false;  ///< other bytes than those that were installed at first
    pid_t starter = -1;   ///< the parent of what starts
};

class StartWatch {
 public:
    /// @param programs  install paths, each in a folder that exists
    /// @param at_start  called while the start is held
    StartWatch(const Endpoint&, std::vector<std::string> programs,
               std::function<void(const Start&)> at_start = {});
    ~StartWatch();
    StartWatch(const StartWatch&) = delete;
    StartWatch& operator=(const StartWatch&) = delete;

    /// Each start of one version beside a running program of the other, or of a companion beside files of the
    /// other. One line each.
    std::string mixed() const;
    unsigned starts() const { return starts_; }

 private:
    void look(pid_t pid, int image);
    bool is_new(const std::string& program, const std::string& bytes) const;
    void find_other_version(const Start&, pid_t starting);

    const std::filesystem::path root_;
    const std::vector<std::string> programs_;
    const std::function<void(const Start&)> at_start_;
    std::map<std::string, std::string> old_;
    std::atomic<unsigned> starts_ = 0;
    mutable std::mutex mutex_;
    std::string mixed_;  // guarded by mutex_
    OpenWatch watch_{FAN_OPEN_EXEC_PERM, [this](pid_t pid, int image) {
                         look(pid, image);
                         return true;
                     }};
};

}  // namespace update::test
