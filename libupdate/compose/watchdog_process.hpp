// The watchdog as an object, for the files of compose that make it up: watchdog.cpp works, watchdog_desk.cpp
// answers.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include <update/watchdog.hpp>

#include "compose/adapters.hpp"
#include "compose/aside_sweep.hpp"
#include "compose/program_keeper.hpp"
#include "compose/watchdog_renewal.hpp"
#include "engine/engine.hpp"
#include "ipc/message.hpp"
#include "os/ipc_server.hpp"
#include "os/loop_channel.hpp"
#include "supervise/lively_hashing.hpp"
#include "supervise/watchlist.hpp"

namespace update {

/// One thread. Everything but `open` and `run` is called by the loop, or by `run`.
class WatchdogProcess {
 public:
    WatchdogProcess(Adapters&, WatchdogOptions);

    Status open();
    int run();

 private:
    Result<std::unique_ptr<Lock>> lock_instance();
    Observer observer();
    void tend_update();
    Result<Halt> resume(Entry entry);
    void take_over();
    void after(const Result<Halt>& halt, State state);
    void tell_of_end(const Record&);
    void tell_of_end_by_others(const Record&);
    void roll_back_if_asked();
    void tidy();
    void on_exit(const std::string& program, const std::optional<ExitStatus>& exit);
    void tend_within_update(const std::string& program);
    void show_life();
    void on_request(EventLoop::Request request);
    Instant next_look() const;

    ipc::Reply answer(const ipc::Request& request, const Peer& peer);
    bool in_trial() const;
    ipc::Reply status();
    ipc::Reply perform_update(const std::string& update_id);
    ipc::Reply restart_agent();
    ipc::Reply update_config(const ipc::UpdateConfig& config);
    ipc::Reply cancel(const std::string& update_id);
    ipc::Reply roll_back();
    ipc::Reply renew();

    Instant now() const { return adapters_.clock().now(); }

    Adapters& adapters_;
    const WatchdogOptions options_;
    SelfRenewal renewal_;
    AsideSweep aside_sweep_{adapters_};
    Upkeep tidying_;
    LivelyHashing hashing_;
    milliseconds interval_;
    bool enabled_ = true, stopping_ = false, others_work_ = false, applying_ = false,
         agent_connected_ = false, roll_back_wanted_ = true;  ///< a request may lie there from before
    std::string handed_over_, told_of_;
    std::unique_ptr<Lock> instance_lock_;
    std::unique_ptr<EventLoop> loop_;
    std::unique_ptr<LoopChannel> channel_;
    std::unique_ptr<Supervision> services_;
    std::unique_ptr<IpcServer> server_;
    std::optional<Ports> ports_;
    std::optional<Engine> engine_;
    std::optional<ProgramKeeper> keeper_;
    std::unique_ptr<Neighbours> neighbours_;
    Watchlist watchlist_;
};

}  // namespace update
