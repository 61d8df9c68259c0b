#pragma once
#include "ipc/message.hpp"
#include "os/loop_channel.hpp"
#include "os/peer.hpp"

namespace update {

/// The part of the IPC that watchdog, helper and guardian share: a sign of life of the supervised agent
/// becomes a signal. The transport lets only the process through that runs as the agent now; a late message
/// of the old one is refused there.
ipc::Reply take_sign_of_life(const ipc::Request&, const Peer&, LoopChannel&);

}  // namespace update
