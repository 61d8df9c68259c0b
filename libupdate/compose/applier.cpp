#include "compose/applier.hpp"

#include "compose/trial_desk.hpp"

namespace update {

using namespace std::chrono_literals;
// Shorter than a hand-over waits for its route (steps/routes.cpp): a helper whose agent was killed must not
// keep the next agent's helper out.
constexpr milliseconds lock_patience = 10s, lock_look = 5ms;

Result<std::unique_ptr<Applier>> Applier::make(const Settings& settings, const std::string& who) {
    auto applier = std::make_unique<Applier>();
    Applier& self = *applier;
    self.who_ = who;
    UPDATE_TRY(adapters, Adapters::make(settings), who);
    self.adapters_ = std::move(adapters);
    const Layout& layout = self.adapters_->layout();
    for (const Path& folder : {layout.state_dir(), layout.run(), layout.updates(), layout.outcomes()})
        UPDATE_CHECK(self.adapters_->files().make_private_directory(folder), who);
    UPDATE_TRY(loop, EventLoop::create(), who);
    self.loop_ = std::move(loop);
    self.channel_ = std::make_unique<OperatorChannel>(*self.loop_, layout, self.adapters_->files());
    UPDATE_TRY(services,
               make_supervision(*self.loop_, *self.adapters_, Supervisor::watchdog,
                                [&self](const std::string& program, const std::optional<ExitStatus>&) {
                                    if (program == self.agent_name())
                                        self.channel_->push({.kind = Signal::Kind::agent_exited});
                                }),
               who);
    self.services_ = std::move(services);
    return applier;
}

Status Applier::open_desk() {
    IpcServerOptions desk;
    desk.socket = adapters_->layout().helper_socket();
    desk.may_confirm = [this](const Peer& peer) { return services_->supervises(peer.pid); };
    UPDATE_TRY(server,
               IpcServer::open(
                   *loop_, std::move(desk),
                   [this](const ipc::Request& request, const Peer& peer) { return answer(request, peer); }),
               who_);
    server_ = std::move(server);
    return done();
}

Halt Applier::apply(Renewal& renewal, Entry entry) {
    const Ports ports = adapters_->ports(*services_, *channel_, renewal);
    Engine engine{adapters_->settings(), adapters_->layout(), ports, adapters_->machine(), Actor::helper, {}};
    const Instant patience = adapters_->clock().now() + lock_patience;
    for (;;) {
        const auto halt = engine.resume(entry);
        if (!halt) return Halt::idle;
        if (*halt != Halt::busy || adapters_->clock().now() >= patience) return *halt;
        (void)channel_->wait(adapters_->clock().now() + lock_look);
    }
}

ipc::Reply Applier::answer(const ipc::Request& request, const Peer& peer) {
    if (request.type == ipc::Type::ping) return ipc::accepted(who_);
    if (request.type == ipc::Type::confirm) return take_sign_of_life(request, peer, *channel_);
    return ipc::rejected(ipc::word::refused, "this only applies an update; ask the watchdog");
}

}  // namespace update
