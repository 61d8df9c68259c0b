#include "compose/trial_desk.hpp"

namespace update {
namespace {

Signal::Kind kind_of(ipc::Level level) {
    switch (level) {
        case ipc::Level::ready:
            return Signal::Kind::ready;
        case ipc::Level::accepted:
            return Signal::Kind::accepted;
        case ipc::Level::acknowledged:
            return Signal::Kind::acknowledged;
        case ipc::Level::alive:
            break;
    }
    return Signal::Kind::alive;
}

}  // namespace

ipc::Reply take_sign_of_life(const ipc::Request& request, const Peer& peer, LoopChannel& channel) {
    Signal signal{.kind = kind_of(request.level)};
    signal.update_id = request.update_id;
    signal.version = request.agent_version;
    signal.connected = request.connected;
    signal.pid = peer.pid;
    channel.push(std::move(signal));
    return ipc::accepted();
}

}  // namespace update
