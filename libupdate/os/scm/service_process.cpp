#include "os/scm/service_process.hpp"

#include <chrono>
#include <thread>

#include "os/open_process.hpp"
#include "os/process_handle.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds look_period = 50ms, kill_timeout = 5s;
// The SCM notices the end of a process within milliseconds, unless the machine is overloaded.
constexpr auto notice_timeout = 2s;

Status kill(ScmManager& manager, const std::string& service) {
    use_debug_privilege();
    UPDATE_TRY(process, open_process_of(manager, service, PROCESS_TERMINATE), "kill");
    if (process) ::TerminateProcess(process->get(), killed_code);  // refused for one that ends just now
    return done();
}

}  // namespace

Result<std::optional<Handle>> open_process_of(ScmManager& manager, const std::string& service,
                                              unsigned long access) {
    UPDATE_TRY(before, manager.state(service), "process of " + service);
    if (before.pid == 0) return std::optional<Handle>{};
    auto process = open_process_number(before.pid, access);
    if (!process && process.error().code() == ErrorCode::not_found) return std::optional<Handle>{};
    if (!process) return std::move(process).error().in("process of " + service);
    UPDATE_TRY(after, manager.state(service), "process of " + service);
    if (after.pid != before.pid) return std::optional<Handle>{};
    return std::optional<Handle>{std::move(*process)};
}

Status stop_for_good(ScmManager& manager, const std::string& service, std::chrono::milliseconds patience) {
    const auto begin = SteadyClock::now();
    const auto ask_limit = begin + patience, limit = ask_limit + kill_timeout;
    for (auto last_alive = begin;; std::this_thread::sleep_for(look_period)) {
        UPDATE_TRY(now, manager.state(service), "stop");
        if (is_down(now)) return done();
        UPDATE_TRY(process, open_process_of(manager, service, 0), "stop");
        const auto moment = SteadyClock::now();
        if (process && !has_ended(*process)) last_alive = moment;
        const bool goes_unnoticed = moment >= last_alive + notice_timeout;  // Wine's manager never notices
        if (now.phase != ScmPhase::stopping || goes_unnoticed) (void)manager.ask_to_stop(service);
        if (goes_unnoticed) return done();
        if (moment >= limit)
            return Error{ErrorCode::timed_out, service + " does not end, although it was killed"};
        // Again and again: the manager may have started another one meanwhile.
        if (moment >= ask_limit) UPDATE_CHECK(kill(manager, service), "stop");
    }
}

}  // namespace update
