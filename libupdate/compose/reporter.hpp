#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "ipc/message.hpp"
#include "layout/layout.hpp"

namespace update {

/// Tells the applier, in whichever process it is, that the agent lives and how far it has come. It sends the
/// sum of all reports, again and again, so that a lost message or a restarted watchdog costs one period and
/// nothing else.
class Reporter {
 public:
    /// @param healthy  see UpdaterHooks; asked on this object's thread before each sign of life to a service
    /// manager
    Reporter(const Layout&, std::string version, std::function<bool()> healthy);
    ~Reporter();
    /// Within a trial the applier must learn soon what a restarted one has missed. Any thread.
    void in_trial(bool);
    /// Any thread; never blocks on a peer.
    void report(ipc::Level, const std::string& update_id, bool connected);

 private:
    void run();
    bool send(const ipc::Request&);

    const Layout& layout_;
    const std::function<bool()> healthy_;
    std::mutex mutex_;  // below: guarded by it
    std::condition_variable changed_;
    ipc::Request sum_;
    bool pending_ = false, in_trial_ = false, stopping_ = false;
    std::thread thread_;
};

}  // namespace update
