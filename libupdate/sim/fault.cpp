#include "sim/fault.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace update::sim {
namespace {

constexpr std::array<std::string_view, fault_count> names{"crash",
                                                          "crash-agent",
                                                          "crash-watchdog",
                                                          "crash-between",
                                                          "power-off",
                                                          "disk-full",
                                                          "io-error",
                                                          "read-only",
                                                          "denied",
                                                          "quota",
                                                          "locked",
                                                          "vanishes",
                                                          "tampered",
                                                          "no-links",
                                                          "delay",
                                                          "interleaved",
                                                          "clock-jump",
                                                          "suspend",
                                                          "dead-clock",
                                                          "network-cut",
                                                          "network-stall",
                                                          "wrong-bytes",
                                                          "busy-mirror",
                                                          "lost-mirror",
                                                          "old-mirror",
                                                          "server-down",
                                                          "server-restored",
                                                          "ack-lost",
                                                          "ack-twice",
                                                          "ack-late",
                                                          "agent-ignores-stop",
                                                          "no-break-away",
                                                          "no-start",
                                                          "unreadable-state",
                                                          "cancelled",
                                                          "roll-back-asked",
                                                          "second-update",
                                                          "agent-held",
                                                          "watchdog-stopped"};
static_assert(!names.back().empty());

}  // namespace

std::string_view name(FaultKind kind) { return names[static_cast<std::size_t>(kind)]; }

std::optional<FaultKind> fault_named(std::string_view word) {
    const auto found = std::ranges::find(names, word);
    if (found == names.end()) return std::nullopt;
    return static_cast<FaultKind>(found - names.begin());
}

bool is_crash(FaultKind kind) { return kind <= FaultKind::power_off; }
bool is_network(FaultKind kind) { return kind >= FaultKind::network_cut && kind <= FaultKind::ack_late; }
bool is_wish(FaultKind kind) { return kind >= FaultKind::cancelled; }

std::string text(const Faults& faults) {
    std::string all;
    for (const Fault& fault : faults)
        all += fmt::format("{}{}@{}:{}", all.empty() ? "" : " ", name(fault.kind), fault.at, fault.how);
    return all;
}

}  // namespace update::sim
