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
    /// Can wait, not yet apply.
    static Result<std::unique_ptr<Applier>> make(const Settings& settings) {
        auto applier = std::make_unique<Applier>();
        UPDATE_TRY(adapters, Adapters::make(settings), "helper");
        applier->adapters_ = std::move(adapters);
        UPDATE_TRY(loop, EventLoop::create(), "helper");
        applier->loop_ = std::move(loop);
        const Layout& layout = applier->adapters_->layout();
        applier->channel_ = std::make_unique<LoopChannel>(*applier->loop_, layout.watchdog_socket());
        return applier;
    }

    /// From here on it may apply, and the agent's signs of life come here. Fails while another helper does.
    Status open_desk() {
        UPDATE_TRY(
            services,
            ChildServices::create(*loop_, adapters_->settings(), ChildOptions{Supervisor::watchdog, {}, {}},
                                  [this](const std::string& program, const std::optional<ExitStatus>&) {
                                      if (program == agent_name())
                                          channel_->push({.kind = Signal::Kind::agent_exited});
                                  }),
            "helper");
        services_ = std::move(services);
        IpcServerOptions desk;
        desk.socket = adapters_->layout().helper_socket();
        desk.may_confirm = [this](const Peer& peer) { return services_->supervises(peer.pid); };
        UPDATE_TRY(server,
                   IpcServer::open(*loop_, std::move(desk),
                                   [this](const ipc::Request& request, const Peer& peer) {
                                       return answer(request, peer);
                                   }),
                   "helper");
        server_ = std::move(server);
        return done();
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

/// The helper that wanted the watchdog renewed still lives and makes the set old itself: first it, then we.
bool wait_for_desk(Applier& applier) {
    const Instant patience = applier.adapters().clock().now() + lock_patience;
    while (!applier.open_desk()) {
        if (applier.adapters().clock().now() >= patience) return false;
        (void)applier.channel().wait(applier.adapters().clock().now() + guardian_look);
    }
    return true;
}

}  // namespace

int run_helper(const Settings& settings, const std::string&) {
    auto applier = Applier::make(settings);
    if (!applier) return complain(applier.error());
    if (auto opened = (*applier)->open_desk(); !opened) return complain(opened.error());
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
    // Whatever comes out: a watchdog is what the endpoint needs now.
    if (wait_for_desk(**applier)) {
        FailedRenewal renewal;
        (*applier)->apply(renewal, Entry::after_crash);
        (*applier)->leave_agent_running();
    }
    return complain(become(adapters.settings().install_root / adapters.settings().watchdog_path, arguments));
}

}  // namespace update
