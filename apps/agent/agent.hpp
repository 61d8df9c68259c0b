#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <update/updater.hpp>

#include "os/termination.hpp"
#include "session.hpp"

/// The reference agent: lets libupdate go first, then keeps a session to the control server.
class Agent {
 public:
    static update::Result<std::unique_ptr<Agent>> open(const update::Settings&, const std::string& version);
    /// Blocks until SIGTERM, SIGINT or libupdate ends it.
    update::AgentExit run();

 private:
    Agent(const update::Settings&, std::string version);
    void leave(update::AgentExit);
    std::shared_ptr<Session> session();

    update::Settings settings_;
    const update::Identity identity_;
    std::mutex mutex_;
    std::condition_variable left_;
    std::optional<update::AgentExit> exit_;
    update::Termination termination_;  // before every thread, so that none of them is ended by a signal
    std::unique_ptr<update::Updater> updater_;
    std::shared_ptr<Session> session_;  ///< under mutex_: the updater's thread reports to it
};
