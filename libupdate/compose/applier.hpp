#pragma once
#include <memory>
#include <string>

#include "compose/adapters.hpp"
#include "compose/operator_channel.hpp"
#include "compose/service_mode.hpp"
#include "engine/engine.hpp"
#include "os/ipc_server.hpp"

namespace update {

/// What helper, guardian and updatectl have in common: an event loop, the programs as the watchdog's
/// children, and, once the desk is open, a socket of their own for the agent's signs of life. One thread.
class Applier {
 public:
    /// Creates the state directory's folders when they are absent.
    /// @param who  names this process in errors
    static Result<std::unique_ptr<Applier>> make(const Settings&, const std::string& who);

    /// Answers on layout.helper_socket() from now on.
    /// @return `retry_later` when another applier does
    Status open_desk();
    void close_desk() { server_.reset(); }
    /// As a helper: waits for the lock (its holder hands over, or has died), then applies until the end.
    Halt apply(Renewal&, Entry);
    /// Whatever happened: the endpoint is not left without an agent.
    void leave_agent_running() { (void)services_->start(agent_name()); }

    Adapters& adapters() { return *adapters_; }
    EventLoop& loop() { return *loop_; }
    LoopChannel& channel() { return *channel_; }
    Services& services() { return *services_; }
    const std::string& agent_name() const { return adapters_->settings().programs.front().name; }

 private:
    ipc::Reply answer(const ipc::Request&, const Peer&);

    std::string who_;
    std::unique_ptr<Adapters> adapters_;
    std::unique_ptr<EventLoop> loop_;
    std::unique_ptr<LoopChannel> channel_;
    std::unique_ptr<Supervision> services_;
    std::unique_ptr<IpcServer> server_;
};

}  // namespace update
