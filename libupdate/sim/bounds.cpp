#include "sim/bounds.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;

/// One rest between two tries of a step (engine/rest), and as much for a hand-over that comes to nothing.
constexpr milliseconds rests = 60s;

milliseconds stops(const Settings& s) {
    milliseconds all{0};
    for (const ProgramSettings& program : s.programs) all += program.stop_timeout;
    return all;
}

}  // namespace

milliseconds restart_delay(Platform platform, const Settings& s) {
    return platform == Platform::linux_rules ? s.service.restart_delay : milliseconds{10s};
}

/// The longest way: the old version is stopped, the new one uses up its starts, is stopped, and the old one
/// is started, each start after the longest wait of who makes it.
AwakeClock::duration dark_bound(Platform platform, const Settings& s) {
    const milliseconds wait = restart_delay(platform, s) + s.supervision.backoff_max;
    return 2 * stops(s) + s.trial.starts_max * s.trial.ready_timeout + s.trial.ready_timeout + wait + rests;
}

/// Each start of the new version may wait for its acknowledgement, and the old one is watched as long.
AwakeClock::duration end_bound(Platform platform, const Settings& s) {
    const milliseconds download =
        s.transfer.backoff_max + s.transfer.stall_timeout + s.trial.self_test_timeout;
    const milliseconds trial = s.trial.starts_max * (s.trial.ready_timeout + s.trial.ack_timeout);
    const milliseconds way_back = s.trial.ack_timeout + s.trial.renew_timeout;
    return 2 * (download + trial + way_back + dark_bound(platform, s));
}

}  // namespace update::sim
