#include "compose/helper.hpp"

#include <cstdio>

#include "compose/adapters.hpp"
#include "compose/trial_desk.hpp"
#include "compose/watchdog_renewal.hpp"
#include "engine/engine.hpp"
#include "os/children.hpp"
#include "os/handshake.hpp"
#include "os/ipc_server.hpp"
#include "os/program.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr milliseconds lock_patience = 60s, lock_look = 5ms, guardian_look = 50ms;

/// What helper and guardian have in common: an event loop, the agent as a supervised program, and a desk for
/// its signs of life on a socket of their own.
class Applier {
 public:
    static Result<std::unique_ptr<Applier>> make(const Settings& settings) {
        auto applier = std::make_unique<Applier>();
        UPDATE_TRY(adapters, Adapters::make(settings), "helper");
        applier->adapters_ = std::move(adapters);
        UPDATE_TRY(loop, EventLoop::create(), "helper");
        applier->loop_ = std::move(loop);
        const Layout& layout = applier->adapters_->layout();
        applier->channel_ = std::make_unique<LoopChannel>(*applier->loop_, layout.watchdog_socket());
        Applier& self = *applier;
        UPDATE_TRY(services,
                   ChildServices::create(
                       *self.loop_, self.adapters_->settings(), ChildOptions{Supervisor::watchdog, {}, {}},
                       [&self](const std::string& program, const std::optional<ExitStatus>&) {
                           if (program == self.agent_name())
                               self.channel_->push({.kind = Signal::Kind::agent_exited});
                       }),
                   "helper");
        self.services_ = std::move(services);
        IpcServerOptions desk;
        desk.socket = layout.helper_socket();
        desk.may_confirm = [&self](const Peer& peer) { return self.services_->supervises(peer.pid); };
        UPDATE_TRY(server,
                   IpcServer::open(*self.loop_, std::move(desk),
                                   [&self](const ipc::Request& request, const Peer& peer) {
                                       return self.answer(request, peer);
                                   }),
                   "helper");
        self.server_ = std::move(server);
        return applier;
    }

    /// Waits for the lock (its holder hands over, or has died), then applies until the end.
    Halt apply(Renewal& renewal, Entry entry) {
        const Ports ports = adapters_->ports(*services_, *channel_, renewal);
        Engine engine{adapters_->settings(), adapters_->layout(), ports,
                      adapters_->machine(),  Actor::helper,       {}};
        const Instant patience = adapters_->clock().now() + lock_patience;
        for (;;) {
            const auto halt = engine.resume(entry);
            if (!halt) return Halt::idle;
            if (*halt != Halt::busy || adapters_->clock().now() >= patience) return *halt;
            (void)channel_->wait(adapters_->clock().now() + lock_look);
        }
    }

    Adapters& adapters() { return *adapters_; }
    LoopChannel& channel() { return *channel_; }
    const std::string& agent_name() const { return adapters_->settings().programs.front().name; }
    /// Whatever happened: the endpoint is not left without an agent.
    void leave_agent_running() { (void)services_->start(agent_name()); }

 private:
    ipc::Reply answer(const ipc::Request& request, const Peer& peer) {
        if (request.type == ipc::Type::ping) return ipc::accepted("helper");
        if (request.type == ipc::Type::confirm) return take_sign_of_life(request, peer, *channel_);
        return ipc::rejected(ipc::word::refused, "this is an update helper; ask the watchdog");
    }

    std::unique_ptr<Adapters> adapters_;
    std::unique_ptr<EventLoop> loop_;
    std::unique_ptr<LoopChannel> channel_;
    std::unique_ptr<ChildServices> services_;
    std::unique_ptr<IpcServer> server_;
};

int complain(const Error& error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    return 1;
}

}  // namespace

int run_helper(const Settings& settings, const std::string&) {
    auto applier = Applier::make(settings);
    if (!applier) return complain(applier.error());
    if (auto answered = answer_handshake(); !answered && answered.error().code() == ErrorCode::timed_out)
        return complain(answered.error());  // the starter has taken another way
    RemoteRenewal renewal{(*applier)->adapters(), (*applier)->channel()};
    // It may stand in for a helper that died; that is counted, or helpers could die in one state for ever.
    const Halt halt = (*applier)->apply(renewal, Entry::after_crash);
    if (halt != Halt::busy) (*applier)->leave_agent_running();
    return 0;
}

int run_renewal_guardian(const Settings& settings, const std::string& update_id, std::int64_t watchdog_pid,
                         const std::vector<std::string>& arguments) {
    auto applier = Applier::make(settings);
    if (!applier) return complain(applier.error());
    Adapters& adapters = (*applier)->adapters();
    const auto watchdog = find_process(watchdog_pid);
    if (auto answered = answer_handshake(); !answered) return complain(answered.error());
    if (!watchdog) return complain(watchdog.error());

    Journal journal{adapters.files(), adapters.layout()};
    const Instant limit = adapters.clock().now() + adapters.settings().trial.renew_timeout;
    while (adapters.clock().now() < limit && adapters.processes().alive(*watchdog)) {
        const auto record = journal.load().record;
        if (!record || record->update_id != update_id || record->progress.state != State::renewing_watchdog)
            return 0;
        (void)(*applier)->channel().wait(adapters.clock().now() + guardian_look);
    }
    if (auto ended = kill_process(*watchdog); !ended) return complain(ended.error());
    FailedRenewal renewal;
    (*applier)->apply(renewal,
                      Entry::after_crash);  // whatever comes out: a watchdog is what the endpoint needs now
    (*applier)->leave_agent_running();
    return complain(become(adapters.settings().install_root / adapters.settings().watchdog_path, arguments));
}

}  // namespace update
