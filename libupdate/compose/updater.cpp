#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <thread>

#include <update/updater.hpp>

#include "compose/adapters.hpp"
#include "compose/agent_channel.hpp"
#include "compose/aside_sweep.hpp"
#include "compose/guard.hpp"
#include "compose/helper.hpp"
#include "compose/outcome_box.hpp"
#include "compose/own_services.hpp"
#include "compose/reporter.hpp"
#include "compose/service_mode.hpp"
#include "compose/watchdog_renewal.hpp"
#include "durable/durable.hpp"
#include "engine/engine.hpp"
#include "engine/offers.hpp"
#include "os/notify.hpp"
#include "supervise/upkeep.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;

/// How often a handed-over update is looked at: its applier may have died. A version on trial is in more of a
/// hurry than an old one, whose applier may just be starting.
constexpr milliseconds look_after_period = 5s, look_after_trial_period = 250ms;
/// How often the outcome is looked for that somebody else files: the server waits for it.
constexpr milliseconds outcome_period = 250ms;

class AgentUpdater final : public Updater {
 public:
    AgentUpdater(std::unique_ptr<Adapters> adapters, Identity identity, UpdaterHooks hooks)
        : adapters_{std::move(adapters)},
          identity_{std::move(identity)},
          hooks_{std::move(hooks)},
          channel_{adapters_->layout(), adapters_->clock(), adapters_->files()},
          services_{adapters_->settings(), adapters_->layout(), adapters_->locks(), adapters_->processes()},
          renewal_{*adapters_, channel_},
          ports_{adapters_->ports(services_, channel_, renewal_)},
          engine_{adapters_->settings(), adapters_->layout(), ports_,
                  adapters_->machine(),  Actor::agent,        observer()},
          outcomes_{adapters_->files(), adapters_->layout()},
          reporter_{adapters_->layout(), identity_.version, hooks_.healthy},
          worker_{[this] { work(); }} {}

    ~AgentUpdater() override {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        channel_.stop();
        changed_.notify_all();
        worker_.join();
    }

    std::optional<AgentExit> resume() override {
        const std::lock_guard busy{engine_mutex_};
        note_record();
        const auto halt = engine_.resume(Entry::fresh_process, true);
        if (!halt) {
            hooks_.log(fmt::format("resume: {}", halt.error().message()));
            return std::nullopt;  // an unreadable state never stops the agent
        }
        note_record();
        if (*halt == Halt::exit_for_restart || engine_.must_make_way(*halt)) return AgentExit::restart;
        wake([&] { (*halt == Halt::would_wait ? waiting_ : look_now_) = true; });
        if (*halt == Halt::ended) hooks_.outcome_filed();
        return std::nullopt;
    }

    void ready() override {
        tell_service_manager(Life::ready);
        sign({.kind = Signal::Kind::ready}, ipc::Level::ready);
    }

    void session(bool connected) override {
        connected_ = connected;
        sign({.kind = Signal::Kind::alive, .connected = connected}, ipc::Level::alive);
    }

    void authenticated(bool server_confirms, const std::string& update_confirmed) override {
        connected_ = true;
        if (!update_confirmed.empty())
            sign({.kind = Signal::Kind::acknowledged, .update_id = update_confirmed},
                 ipc::Level::acknowledged);
        else
            sign({.kind = server_confirms ? Signal::Kind::alive : Signal::Kind::accepted},
                 server_confirms ? ipc::Level::alive : ipc::Level::accepted);
    }

    Status offer(const Selection& selection) override {
        UPDATE_CHECK(validate(selection), "offer");
        const Path outcome = adapters_->layout().outcome(selection.update_id);
        wake([&] { offers_.take(selection, exists(adapters_->files(), outcome).value_or(false)); });
        return done();
    }

    Status cancel(const std::string& update_id) override {
        return wish_cancelled(adapters_->files(), adapters_->layout(), engine_.record(), update_id);
    }

    std::map<std::string, std::string> installed() const override { return installed_digests(*adapters_); }

    std::string open_update() const override {
        const std::lock_guard lock{mutex_};
        return open_update_;
    }

    std::vector<Outcome> outcomes() const override { return outcomes_.unconfirmed(); }
    Status outcome_delivered(const std::string& update_id) override { return outcomes_.remove(update_id); }

 private:
    Observer observer() {
        return {[this](const Record& r, std::string_view note) {
                    hooks_.log(fmt::format("update {}: {}", r.update_id, note));
                },
                [this](const Record& r, std::uint64_t bytes, std::uint64_t total) {
                    hooks_.progress(r.update_id, row(r.progress.state).name, bytes, total);
                },
                [this] { return connected_.load(); }};
    }

    /// A sign of life goes to whoever judges the trial: an applier in another process, or the engine in this
    /// one.
    void sign(Signal signal, ipc::Level level) {
        signal.version = identity_.version;
        signal.connected = connected_;
        signal.pid = adapters_->processes().self().pid;
        reporter_.report(level, signal.update_id, connected_);
        channel_.push(std::move(signal));
    }

    template <class Change>
    void wake(Change&& change) {
        {
            const std::lock_guard lock{mutex_};
            change();
        }
        changed_.notify_all();
    }

    void note_record() {
        const auto record = engine_.record();
        const bool under_trial = record && !is_terminal(record->progress.state) &&
                                 record->to_version == identity_.version &&
                                 is_after_hand_over(record->progress.state);
        const std::string open = under_trial ? record->update_id : "";
        reporter_.in_trial(!open.empty());
        const bool unfinished = record && !record->filed;
        wake([&] {
            look_now_ |=
                std::exchange(unfinished_, unfinished) != unfinished;  // it changes how often to look
            open_update_ = open;
        });
    }

    void work() {
        for (;;) {
            std::optional<Offer> offer;
            bool go_on = false;
            {
                std::unique_lock lock{mutex_};
                changed_.wait_for(lock, unfinished_ ? outcome_period : look_after_period,
                                  [&] { return stopping_ || waiting_ || look_now_ || !offers_.empty(); });
                if (stopping_) return;
                look_now_ = false;
                go_on = std::exchange(waiting_, false);
                if (!go_on) offer = offers_.next();
            }
            const std::lock_guard busy{engine_mutex_};
            if (go_on)
                handle(engine_.go_on());
            else if (offer)
                answer(*offer);
            else
                look_after();
        }
    }

    void answer(const Offer& offer) {
        if (offer.has_ended)
            note_end();
        else
            begin(offer.selection);
        const std::lock_guard lock{mutex_};
        offers_.over();
    }

    /// The restart path is judged at the very beginning of an update, so it is mended before.
    void begin(const Selection& offer) {
        const auto record = engine_.record();
        if (!record || record->filed) tend_service();
        handle(engine_.begin(offer, identity_.version));
    }

    void handle(const Result<Halt>& halt) {
        looked_after_ = adapters_->clock().now();
        note_record();
        if (!halt) hooks_.log(halt.error().message());
        if (!halt && outcomes_.changed()) hooks_.outcome_filed();  // a refusal is an outcome, too
        if (!halt) return;
        if (*halt == Halt::exit_for_restart) hooks_.leave(AgentExit::restart);
        if (*halt == Halt::ended) note_end();
    }

    void note_end() {
        hooks_.outcome_filed();
        service_upkeep_.call();
        aside_sweep_.call();
    }

    /// The applier files the outcome; and if it died, somebody has to take its place.
    void look_after() {
        if (outcomes_.changed()) note_end();
        note_record();
        const auto record = engine_.record();
        const Instant now = adapters_->clock().now();
        if (!record || record->filed) {
            looked_after_ = now;
            aside_sweep_.tend();
            return tend_service();
        }
        if (now - looked_after_ < (open_update().empty() ? look_after_period : look_after_trial_period))
            return;
        looked_after_ = now;
        const auto halt = engine_.resume(Entry::after_crash);
        if (!halt || *halt != Halt::not_mine) return handle(halt);
        if (is_renewal_under_way(*adapters_)) return;
        if (auto found = engine_.find_applier(); !found) hooks_.log(found.error().message());
    }

    /// Between updates, once after each start and each end of an update.
    void tend_service() {
        if (!service_upkeep_.is_due(adapters_->clock().now())) return;
        const Status kept = keep_service(*adapters_, hooks_.log);
        if (kept) service_upkeep_.succeeded();
        if (!kept) service_upkeep_.failed(adapters_->clock().now());
        const std::string trouble = kept ? "" : kept.error().message();
        if (std::exchange(service_trouble_, trouble) != trouble && !kept) hooks_.log("service: " + trouble);
    }

    std::unique_ptr<Adapters> adapters_;
    const Identity identity_;
    const UpdaterHooks hooks_;
    AgentChannel channel_;
    OwnServices services_;
    RemoteRenewal renewal_;  ///< for the exit-code route, where the new agent is its own applier
    Ports ports_;
    std::atomic<bool> connected_ = false;
    std::mutex engine_mutex_;
    Engine engine_;
    // below: guarded by engine_mutex_
    Instant looked_after_{};
    Upkeep service_upkeep_;
    AsideSweep aside_sweep_{*adapters_};
    std::string service_trouble_;
    OutcomeBox outcomes_;
    Reporter reporter_;
    mutable std::mutex mutex_;  // below: guarded by it
    std::condition_variable changed_;
    Offers offers_;
    std::string open_update_;
    bool unfinished_ = false, waiting_ = false, look_now_ = false, stopping_ = false;
    std::thread worker_;
};

}  // namespace

std::optional<int> Updater::run_as_helper(int argc, const char* const* argv, const Settings& settings) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--update-helper" && i + 1 < argc) return run_helper(settings, argv[i + 1]);
        if (word == "--update-guard") return run_guard(settings);
        if (word == "--update-rescue") return run_rescue(settings);
    }
    return std::nullopt;
}

Result<std::unique_ptr<Updater>> Updater::open(Settings settings, Identity identity, UpdaterHooks hooks) {
    UPDATE_TRY(adapters, Adapters::make(std::move(settings)), "open updater");
    UPDATE_CHECK(announce_self(*adapters), "open updater");
    return std::unique_ptr<Updater>{
        std::make_unique<AgentUpdater>(std::move(adapters), std::move(identity), std::move(hooks))};
}

}  // namespace update
