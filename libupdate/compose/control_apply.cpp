#include "compose/control_apply.hpp"

#include <fmt/format.h>

#include "compose/applier.hpp"
#include "compose/apply.hpp"
#include "compose/cancel_request.hpp"
#include "compose/control_changes.hpp"
#include "compose/watchdog_renewal.hpp"
#include "durable/durable.hpp"
#include "journal/journal.hpp"
#include "journal/outcome_of.hpp"

namespace update {
namespace {

using namespace std::chrono_literals;
constexpr milliseconds look_period = 50ms, begin_patience = 15s, slack = 60s;
constexpr std::size_t outcome_max_bytes = 64 * 1024;

/// One operator's command with everything it needs, from the signal handler to the watch.
class Operation {
 public:
    Operation(Applier& applier, const ControlEvents& events)
        : applier_{applier},
          events_{events},
          journal_{applier.adapters().files(), applier.adapters().layout()},
          renewal_{applier.adapters(), applier.channel()} {}

    Status open() {
        UPDATE_CHECK(applier_.loop().watch_requests([this](EventLoop::Request r) { on_request(r); }),
                     "signals");
        return applier_.open_desk();
    }

    Applied apply(const Plan& plan, Downgrade downgrade) {
        return begin(plan.update_id, downgrade, [&plan](Engine& engine) { return engine.begin(plan); });
    }
    Applied apply(const Selection& selection, const std::string& running_version) {
        return begin(selection.update_id, Downgrade::as_configured,
                     [&](Engine& engine) { return engine.begin(selection, running_version); });
    }

    /// Follows the update until its end is filed.
    Applied watch(std::string update_id = {}) {
        if (!update_id.empty()) update_id_ = std::move(update_id);
        watching_ = true;
        const Instant limit = now() + longest_trial();
        while (!stop_watching_ && now() < limit) {
            const auto record = journal_.load().record;
            if (!record || record->update_id != update_id_ || record->filed) return ended(record);
            tell_state(*record);
            (void)applier_.channel().wait(now() + look_period);
        }
        return {
            {ControlExit::in_progress,
             fmt::format("update {} goes on without being watched; updatectl status shows it", update_id_)},
            update_id_,
            {}};
    }

    /// Waits for the update that somebody else is about to begin. @return its id; empty: none came
    std::string next_update(const std::string& last_id) {
        watching_ = true;
        const Instant limit = now() + begin_patience;
        while (!stop_watching_ && now() < limit) {
            const auto record = journal_.load().record;
            if (record && record->update_id != last_id) return record->update_id;
            (void)applier_.channel().wait(now() + look_period);
        }
        return "";
    }

 private:
    template <class Begin>
    Applied begin(const std::string& update_id, Downgrade downgrade, Begin&& begin_with) {
        update_id_ = update_id;
        const Ports ports = applier_.adapters().ports(applier_.services(), applier_.channel(), renewal_);
        Settings settings = applier_.adapters().settings();
        settings.policy.allow_downgrade |= downgrade == Downgrade::allowed;
        Engine engine{
            settings,  applier_.adapters().layout(), ports, applier_.adapters().machine(), Actor::operator_,
            observer()};
        const auto halt = begin_with(engine);
        if (!halt) return refused_by(halt.error());
        if (*halt == Halt::interrupted)
            return {
                {ControlExit::in_progress,
                 "stopped at once; the agent or the watchdog goes on with the update, or updatectl cancel"},
                update_id_,
                {}};
        if (*halt == Halt::ended)
            return ended(journal_.load().record);  // also when its outcome could not be filed
        if (*halt == Halt::not_mine) {
            applier_.close_desk();
            events_.say("handed over to the watchdog");
        }
        return watch();
    }

    Instant now() { return applier_.adapters().clock().now(); }

    Observer observer() {
        Observer observer;
        observer.note = [this](const Record& r, std::string_view note) {
            if (note == row(r.progress.state).name)
                tell_state(r);
            else
                events_.say(note);
        };
        observer.progress = events_.progress;
        return observer;
    }

    void tell_state(const Record& record) {
        if (std::exchange(told_, record.progress.state) != record.progress.state) events_.state(record);
    }

    void on_request(EventLoop::Request request) {
        if (request == EventLoop::Request::reload) return;
        if (watching_) {
            stop_watching_ = true;
            return applier_.channel().push({.kind = Signal::Kind::woken});
        }
        if (std::exchange(cancelling_, true))
            return applier_.channel().push({.kind = Signal::Kind::stopping});
        events_.say("cancelling; once more stops this program at once");
        const Status asked = write_durably(applier_.adapters().files(),
                                           applier_.adapters().layout().cancel_request(), update_id_);
        if (!asked) events_.say(asked.error().message());
        applier_.channel().push({.kind = Signal::Kind::cancelled, .update_id = update_id_});
    }

    /// Nothing of an own update has begun.
    Applied refused_by(const Error& error) {
        const auto record = journal_.load().record;
        const bool other = record && record->update_id != update_id_ && !is_terminal(record->progress.state);
        const Said why = other ? Said{ControlExit::in_progress, error.message()} : said(error);
        return {why, "", {}};
    }

    Applied ended(const std::optional<Record>& record) {
        const auto text = read_text(applier_.adapters().files(),
                                    applier_.adapters().layout().outcome(update_id_), outcome_max_bytes);
        std::optional<Outcome> outcome;
        if (const auto filed = text ? parse_outcome(*text) : Result<Outcome>{text.error()})
            outcome = *filed;
        else if (record && record->update_id == update_id_)  // the server has it already
            outcome = outcome_of(*record);
        if (!outcome)
            return {
                {ControlExit::failed,
                 fmt::format("update {} is gone from the journal and its outcome was not found", update_id_)},
                update_id_,
                {}};
        if (record && record->update_id == update_id_) tell_state(*record);
        return {{exit_for(*outcome), outcome->message}, update_id_, outcome};
    }

    milliseconds longest_trial() const {
        const Settings& settings = applier_.adapters().settings();
        milliseconds stops{0};
        for (const ProgramSettings& program : settings.programs) stops += program.stop_timeout;
        return slack + 2 * stops + settings.trial.starts_max * settings.trial.ready_timeout +
               3 * settings.trial.ack_timeout + settings.trial.renew_timeout;
    }

    Applier& applier_;
    const ControlEvents& events_;
    Journal journal_;
    RemoteRenewal renewal_;
    std::string update_id_;
    std::optional<State> told_;
    bool watching_ = false, stop_watching_ = false, cancelling_ = false;
};

Applied nothing_begun(const Said& why) { return {why, "", {}}; }

Applied ask_watchdog_for_roll_back(Control& control, Operation& operation) {
    const auto before = control.record();
    ipc::Request request;
    request.type = ipc::Type::roll_back;
    if (Said told = control.tell_watchdog(request); told.exit != ControlExit::ok) return nothing_begun(told);
    const std::string id = operation.next_update(before ? before->update_id : "");
    if (id.empty())
        return nothing_begun({ControlExit::failed, "the watchdog did not begin; its log says why"});
    return operation.watch(id);
}

/// Whoever applies it, the watchdog or somebody beside it, looks for the cancellation within the trial.
Applied roll_back_trial(Control& control, Operation& operation, const Record& open) {
    if (!is_after_hand_over(open.progress.state))
        return nothing_begun(
            {ControlExit::in_progress,
             fmt::format("update {} is in progress ({}): wait for its end, or updatectl cancel",
                         open.update_id, row(open.progress.state).name)});
    // Where nothing is left to cancel, it is on its way back, or shows in a moment that it was committed.
    if (cancellable(open, open.update_id))
        if (Said told = cancel_update(control, open.update_id, Really::yes); told.exit != ControlExit::ok)
            return nothing_begun(told);
    Applied applied = operation.watch(open.update_id);
    if (!applied.outcome) return applied;
    if (applied.outcome->ending == Ending::rolled_back) {
        applied.exit = ControlExit::ok;  // it is what was asked for
    } else if (applied.outcome->ending == Ending::committed) {
        applied.exit = ControlExit::failed;
        applied.message = "it was committed just before; once more leads back to what was";
    }
    return applied;
}

}  // namespace

Applied apply_plan(const Settings& settings, const Plan& plan, const ControlEvents& events) {
    auto applier = Applier::make(settings, "updatectl");
    if (!applier) return nothing_begun(said(applier.error()));
    Operation operation{**applier, events};
    if (auto opened = operation.open(); !opened) return nothing_begun(said(opened.error()));
    return operation.apply(plan, Downgrade::as_configured);
}

Applied apply_selection(const Settings& settings, const Selection& selection,
                        const std::string& running_version, const ControlEvents& events) {
    auto applier = Applier::make(settings, "updatectl");
    if (!applier) return nothing_begun(said(applier.error()));
    Operation operation{**applier, events};
    if (auto opened = operation.open(); !opened) return nothing_begun(said(opened.error()));
    return operation.apply(selection, running_version);
}

Applied roll_back(const Settings& settings, const ControlEvents& events) {
    auto control = Control::open(settings);
    if (!control) return nothing_begun(said(control.error()));
    auto applier = Applier::make(settings, "updatectl");
    if (!applier) return nothing_begun(said(applier.error()));
    Operation operation{**applier, events};
    if (const auto open = (*control)->open_update()) return roll_back_trial(**control, operation, *open);
    if ((*control)->watchdog_answers()) return ask_watchdog_for_roll_back(**control, operation);
    const auto plan = previous_version((*applier)->adapters());
    if (!plan) return nothing_begun({ControlExit::refused, plan.error().message()});
    if (auto opened = operation.open(); !opened) return nothing_begun(said(opened.error()));
    return operation.apply(*plan, Downgrade::allowed);
}

}  // namespace update
