#include "engine/engine.hpp"

#include <fmt/format.h>

#include "durable/durable.hpp"
#include "engine/rest.hpp"
#include "engine/work.hpp"
#include "flow/cancelling.hpp"
#include "flow/turn_back.hpp"
#include "steps/install.hpp"
#include "steps/routes.hpp"

namespace update {

using namespace std::chrono_literals;

namespace {

constexpr int store_attempts = 4;

/// The agent can do its own work meanwhile: what downloads may take hours, what waits waits for that work.
bool is_work_of_a_running_agent(State state) { return is_waiting(state) || row(state).owner == Owner::agent; }

/// The files of the set are exchanged one by one: any of them may be old or new.
bool is_exchange(State state) {
    const Effect effect = row(state).effect;
    return effect == Effect::swap || effect == Effect::restore;
}

}  // namespace

Engine::Engine(const Settings& settings, const Layout& layout, const Ports& ports, const Machine& machine,
               Actor actor, Observer observer)
    : settings_{settings},
      layout_{layout},
      ports_{ports},
      machine_{machine},
      actor_{actor},
      observer_{std::move(observer)},
      journal_{ports.files, layout},
      history_{ports.files, layout} {}
Engine::~Engine() = default;

Status Engine::prepare_folders() {
    for (const Path& folder : {layout_.state_dir(), layout_.updates(), layout_.outcomes(), layout_.run()})
        UPDATE_CHECK(ports_.files.make_private_directory(folder), "state directory");
    // The journal, and what it relies on, must not lie in a folder that a power cut takes away.
    // (The folder above may be closed to us; then whoever made ours has to have done it.)
    const Status above = ports_.files.flush_directory(layout_.state_dir().parent_path());
    if (!above && above.error().code() != ErrorCode::permission) return above;
    return ports_.files.flush_directory(layout_.state_dir());
}

Result<std::unique_ptr<Lock>> Engine::lock() { return ports_.locks.try_lock(layout_.journal_lock()); }

std::optional<Record> Engine::record() const { return journal_.load().record; }

Job Engine::job_for(Work& work) {
    return Job{settings_,
               layout_,
               ports_,
               machine_,
               actor_,
               work.plan,
               work.record,
               [this, &work] { return journal_.store(work.record); },
               observer_.connected,
               [this, &work](std::string_view note) {
                   history_.append(ports_.clock.wall(), work.record, "note", note);
                   observer_.note(work.record, note);
               },
               [this, &work](std::uint64_t bytes, std::uint64_t total) {
                   observer_.progress(work.record, bytes, total);
               }};
}

/// An unreadable plan leaves only what is safe without one.
Result<std::unique_ptr<Engine::Work>> Engine::open_work(Record record, std::unique_ptr<Lock> lock_held) {
    auto work = std::make_unique<Work>(Work{std::move(lock_held), {}, std::move(record)});
    const auto text = read_text(ports_.files, layout_.plan(work->record.update_id), max_plan_json_bytes);
    const auto plan = text ? parse_plan(*text) : Result<Plan>{text.error()};
    if (plan) {
        work->plan = *plan;
        return work;
    }
    work->plan.update_id = work->record.update_id;
    Progress& progress = work->record.progress;
    if (is_terminal(progress.state)) return work;
    Job job = job_for(*work);
    because(job, Reason::corrupt, Error{plan.error()}.in("the plan of the update in progress"));
    progress = {without_plan(progress.state), 0, 0, progress.starts, progress.restarts, progress.excused};
    return work;
}

/// Only there a new process is what was waited for. One that began in any other state, say while the old
/// version downloaded, has still to end when its turn comes.
bool Engine::is_about_a_restart(const Work& work) {
    const Effect effect = row(work.record.progress.state).effect;
    return effect == Effect::exit_for_restart || effect == Effect::stop || effect == Effect::start;
}

bool Engine::was_asked_to_start() {
    const auto asked = ports_.services.was_asked_to_start(settings_.programs.front().name);
    if (!asked) observer_.note(work_->record, asked.error().message());
    return asked && *asked;
}

/// A start that the guard counted may come later than the guard meant it: another one, which died between two
/// files of its way back and could not journal it, may have been there since.
Event Engine::what_happened(bool trial_ended, bool start_was_counted) {
    if (trial_ended) return Event::exited;
    if (!start_was_counted) return Event::resumed;
    Job job = job_for(*work_);
    return start_of_mixed_set(job).value_or(Event::resumed);
}

/// Whoever came to this end may have died before it was on the disk. Until it is, it is told to nobody.
bool Engine::close_again(Work& work) {
    if (auto stored = journal_.store(work.record); !stored) {
        observer_.note(work.record, stored.error().message());
        return false;
    }
    Job job = job_for(work);
    return close(job) != Event::failed;
}

Result<Halt> Engine::resume(Entry entry, bool stop_before_work) {
    if (const auto before = record(); !before || before->filed) return Halt::idle;
    auto held = lock();
    if (!held) {
        if (held.error().code() == ErrorCode::retry_later) return Halt::busy;
        return Error{held.error()}.in("resume update");
    }
    // A journal that was created just before a crash has its name in memory only.
    if (auto flushed = ports_.files.flush_directory(layout_.state_dir()); !flushed)
        observer_.note(Record{}, flushed.error().message());
    auto loaded = journal_.load();
    if (!loaded.damage.empty()) observer_.note(loaded.record.value_or(Record{}), "journal: " + loaded.damage);
    if (!loaded.record) return Halt::idle;
    // The guard does not wait, but it sees that a trial is over: it is called before the next start.
    const bool in_trial = loaded.record->progress.state == State::awaiting_ready ||
                          loaded.record->progress.state == State::awaiting_ack;
    if (!may_act(actor_, loaded.record->progress.state, *loaded.record, settings_) &&
        !(actor_ == Actor::guard && in_trial))
        return Halt::not_mine;

    UPDATE_TRY(work, open_work(std::move(*loaded.record), std::move(*held)), "resume update");
    const State state = work->record.progress.state;
    if (is_terminal(state)) return close_again(*work) ? Halt::idle : Halt::ended;
    work_ = std::move(work);
    // Called before a start, or as the start itself: the trial that the journal speaks of is over.
    // Where a guard has counted this start already, the agent does not count it again.
    const bool counted = std::exchange(work_->record.start_counted, false) && actor_ == Actor::agent;
    const bool trial_ended =
        in_trial && !counted &&
        (actor_ == Actor::guard || (actor_ == Actor::agent && entry == Entry::fresh_process));
    // A moment of another boot: the machine went down, and the new version with it.
    const bool rebooted = in_trial && work_->record.entered.boot_id != ports_.clock.boot_id();
    const bool innocent = rebooted || (trial_ended && was_asked_to_start());
    const auto excused = innocent ? excuse_start(work_->record.progress) : std::nullopt;
    if (excused) work_->record.progress = *excused;
    if (trial_ended && !excused) {
        Job job = job_for(*work_);
        because(job, Reason::crashed,
                Error{ErrorCode::retry_later, fmt::format("{} ended within its trial", job.agent().name)});
    }
    if (entry != Entry::hand_over) move(*work_, what_happened(trial_ended, counted));
    work_->fresh_process = entry == Entry::fresh_process && is_about_a_restart(*work_);
    return run(stop_before_work);
}

Result<Halt> Engine::go_on() { return run(false); }

/// The answers that are not an effect but the end of this process's part.
std::optional<Halt> Engine::leave_instead(Work& work) {
    const Effect effect = row(work.record.progress.state).effect;
    if (!may_act(actor_, work.record.progress.state, work.record, settings_)) return Halt::not_mine;
    if (actor_ != Actor::agent) return std::nullopt;
    if (effect == Effect::exit_for_restart && !work.fresh_process) {
        work.record.old_last_seen = moment(ports_.clock);
        if (auto stored = journal_.store(work.record); !stored)
            observer_.note(work.record, stored.error().message());
        return Halt::exit_for_restart;
    }
    // The agent cannot stop or start itself; its supervisor does both when it exits.
    if (!work.fresh_process && (effect == Effect::stop || effect == Effect::start))
        return Halt::exit_for_restart;
    return std::nullopt;
}

Event Engine::perform(Work& work) {
    const State state = work.record.progress.state;
    const Effect effect = row(state).effect;
    const bool between_processes = actor_ == Actor::guard || actor_ == Actor::agent;
    if (between_processes && effect == Effect::exit_for_restart) return Event::succeeded;
    if (between_processes && (effect == Effect::stop || effect == Effect::start)) {
        if (Job job = job_for(work); effect == Effect::start)
            if (const auto instead = start_of_mixed_set(job)) return *instead;
        work.fresh_process = false;
        work.record.start_counted = actor_ == Actor::guard && effect == Effect::start;
        return Event::succeeded;  // the guard runs where the agent does not; a fresh agent is the start
                                  // itself
    }
    Job job = job_for(work);
    // The agent is on its way out by itself; whoever starts the new version makes sure first that it has
    // gone.
    if (effect == Effect::exit_for_restart) return stop(job);
    if (accepts_cancel(state) && cancel_wanted(work)) return cancelled(job);
    return step_for(effect)(job);
}

bool Engine::cancel_wanted(const Work& work) {
    const auto wanted = read_text(ports_.files, layout_.cancel_request(), 256);
    return wanted && *wanted == work.record.update_id;
}

/// Journals the next state before anything of it happens. When the journal cannot be written, the update
/// turns back while the old version is untouched, and goes on towards a running agent where it is not: the
/// steps look first, so an outdated journal costs time, not safety.
void Engine::store_or_turn_back(Work& work, Event event) {
    Status stored = journal_.store(work.record);
    for (int attempt = 1; !stored && attempt < store_attempts; ++attempt) {
        (void)ports_.channel.wait(ports_.clock.now() + 100ms * attempt);
        stored = journal_.store(work.record);
    }
    work.journaled = stored.has_value();
    if (stored) return;
    Job job = job_for(work);
    because(job, Reason::io_failed, stored.error());
    work.record.progress.state = without_journal(work.record.progress.state, event);
}

void Engine::move(Work& work, Event event) {
    const State before = work.record.progress.state;
    const Decision decision = decide(work.record.progress, event, settings_.trial.starts_max);
    work.record.progress = decision.next;
    if (decision.exhausted && event == Event::resumed) {
        Job job = job_for(work);
        because(job, Reason::crash_loop,
                Error{ErrorCode::bug,
                      fmt::format("processes died {} times in state {}", resumes_max + 1, row(before).name)});
    }
    // A moment of another boot says nothing: the limit runs anew, and resumes_max bounds how often.
    const bool rebooted = work.record.entered.boot_id != ports_.clock.boot_id();
    if (work.record.progress.state != before || event != Event::resumed || rebooted)
        work.record.entered = moment(ports_.clock);
    if (is_terminal(work.record.progress.state)) work.record.ended_at_unix_ms = unix_ms(ports_.clock);
    store_or_turn_back(work, event);
    history_.append(ports_.clock.wall(), work.record, name(event),
                    fmt::format("{} by {}", row(before).name, name(actor_)));
    observer_.note(work.record, row(work.record.progress.state).name);
}

/// Passing trouble of the disk is waited for; should it last, the next start files again. An end that the
/// journal does not hold is told to nobody: after a power cut the update would go on from an earlier state.
void Engine::file_outcome(Work& work) {
    for (int attempt = 1;; ++attempt) {
        if (!work.journaled) work.journaled = journal_.store(work.record).has_value();
        if (work.journaled && perform(work) != Event::failed) return;
        if (attempt == store_attempts) return;
        (void)ports_.channel.wait(ports_.clock.now() + 100ms * attempt);
    }
}

Result<Halt> Engine::run(bool stop_before_work) {
    for (;;) {
        Work& work = *work_;
        const State state = work.record.progress.state;
        if (is_terminal(state)) {
            file_outcome(work);
            work_.reset();
            return Halt::ended;
        }
        if (const auto halt = leave_instead(work)) {
            work_.reset();
            return *halt;
        }
        if (stop_before_work && is_work_of_a_running_agent(state)) return Halt::would_wait;
        const unsigned failures = work.record.progress.attempts;
        const bool rested = failures == 0 || rest_before_again(ports_.channel, ports_.clock, failures);
        const Event event = rested ? perform(work) : Event::interrupted;
        if (event == Event::interrupted) {
            work_.reset();
            return Halt::interrupted;
        }
        move(work, event);
    }
}

Status Engine::find_applier() {
    const auto current = record();
    if (!current || is_terminal(current->progress.state)) return done();
    UPDATE_TRY(work, open_work(*current, nullptr), "find applier");
    Job job = job_for(*work);
    if (auto taken = take_route(job, Route::watchdog); taken) return taken;
    return take_route(job, Route::self_update);
}

/// As by the exit-code route: an agent whose files are half exchanged, and for which nobody goes on, goes on
/// itself. @return false: nothing could be done, and nobody does it
bool Engine::finish_exchange() {
    auto held = lock();
    if (!held) return held.error().code() == ErrorCode::retry_later;
    auto last = journal_.load().record;
    if (!last || !is_exchange(last->progress.state)) return last.has_value();
    auto work = open_work(std::move(*last), std::move(*held));
    if (!work || !ports_.services.prepare_exchange(settings_.programs.front().name)) return false;
    work_ = std::move(*work);
    work_->record.route = Route::exit_code;
    move(*work_, Event::resumed);
    return run(false).has_value();
}

bool Engine::must_make_way(Halt halt) {
    if (halt != Halt::busy && halt != Halt::not_mine) return false;
    const auto last = record();
    if (!last || !is_exchange(last->progress.state)) return false;
    return halt == Halt::busy || find_applier() || finish_exchange();
}

}  // namespace update
