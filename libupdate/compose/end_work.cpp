#include "compose/end_work.hpp"

#include <chrono>
#include <fmt/format.h>

#include "os/event_loop.hpp"
#include "os/program.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr auto look_period = 50ms;
// A step of an update that is not a wait for the agent takes less, and the agent does not come any more.
constexpr auto patience = 10s;

bool lies_below(const Path& file, const Path& root) {
    std::error_code absent;
    for (Path folder = file.parent_path(); folder != folder.parent_path(); folder = folder.parent_path())
        if (std::filesystem::equivalent(folder, root, absent)) return true;
    return false;
}

/// One process that others have to wait for, by the lock that it holds.
class Worker {
 public:
    Worker(Control& control, Path lock) : control_{control}, lock_{std::move(lock)} {}

    /// @return nothing when nobody holds it
    std::optional<Error> holder() {
        auto lock = control_.adapters().locks().try_lock(lock_);
        if (lock || lock.error().code() != ErrorCode::retry_later) return {};
        return std::move(lock).error();
    }

    /// @param busy  what holder() said
    Status end(Error busy) {
        const auto pid = busy.evidence().locking_pid;
        if (!pid) return busy;
        const auto process = find_process(*pid);
        const auto program = process ? program_of(*process) : Error{process.error()};
        if (!program || !lies_below(*program, control_.layout().install_root())) return busy;
        // It is the holder still, so the number was not another's when the process was looked at.
        const auto again = holder();
        if (!again || again->evidence().locking_pid != pid) return done();
        return kill_process(*process);
    }

 private:
    Control& control_;
    Path lock_;
};

}  // namespace

Status end_work(Control& control) {
    UPDATE_TRY(loop, EventLoop::create(), "wait for the end of an update");
    const Instant limit = EventLoop::now() + patience;
    const Layout& layout = control.layout();
    // The guardian first: it would start a watchdog again, which would go on with the update.
    for (const Path& lock : {layout.guardian_lock(), layout.watchdog_lock(), layout.journal_lock()}) {
        Worker worker{control, lock};
        auto busy = worker.holder();
        while (busy && EventLoop::now() < limit) {
            loop->run_once(EventLoop::now() + look_period);
            busy = worker.holder();
        }
        if (busy) UPDATE_CHECK(worker.end(std::move(*busy)), "somebody works on an update");
        if (auto left = worker.holder()) return std::move(*left).in("somebody works on an update");
    }
    return done();
}

}  // namespace update
