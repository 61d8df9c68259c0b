// What begins an update, and what does not.
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "engine/work.hpp"
#include "journal/outcome_file.hpp"
#include "journal/outcome_of.hpp"
#include "journal/policy_file.hpp"
#include "releases/refusal.hpp"
#include "releases/releases.hpp"
#include "transfer/noted_channel.hpp"

namespace update {

/// Removes folders of updates that never reached the journal (a crash between plan and first record).
void Engine::sweep(const std::string& keep_update_id) {
    const auto names = ports_.files.list(layout_.updates());
    if (!names) return;
    for (const std::string& name : *names)
        if (name != keep_update_id)
            if (auto removed = remove_tree(ports_.files, layout_.update(name)); !removed)
                observer_.note(Record{}, removed.error().message());
}

Status Engine::tidy() {
    const Error under_way{ErrorCode::retry_later, "an update is in progress"};
    // Not even for a moment does it hold the lock of one: who goes on with it would believe it busy.
    if (const auto last = record(); last && !last->filed) return under_way;
    const auto held = lock();
    if (!held) return Error{held.error()}.in("tidy up");
    const auto last = record();
    if (last && !last->filed) return under_way;
    sweep(last ? last->update_id : "");
    for (const Path& file : {layout_.policy(), layout_.roll_back_request(), layout_.asides()})
        UPDATE_CHECK(ports_.files.remove(temporary_of(file)), "tidy up");
    return done();
}

/// The same update again (the server repeats an offer until it has the outcome), or one in progress.
std::optional<Halt> Engine::answer_repeated(const std::string& update_id, const std::optional<Record>& last) {
    if (last && last->update_id == update_id) {
        if (!is_terminal(last->progress.state)) return Halt::not_mine;
        if (last->filed) file_again(*last);
        return Halt::ended;
    }
    if (exists(ports_.files, layout_.outcome(update_id)).value_or(false)) return Halt::ended;
    return std::nullopt;
}

/// A server that offers an update which has ended does not know of its end: it was restored from an old
/// backup.
void Engine::file_again(const Record& record) {
    const Path file = layout_.outcome(record.update_id);
    if (exists(ports_.files, file).value_or(true)) return;
    const Status filed = write_outcome(ports_.files, layout_, outcome_of(record));
    if (!filed) observer_.note(record, filed.error().message());
}

/// Holding the lock. @return an answer when nothing new is to begin
Result<std::optional<Halt>> Engine::clear_the_way(const std::string& update_id) {
    const std::optional<Record> last = journal_.load().record;
    if (const auto answer = answer_repeated(update_id, last)) return answer;
    if (last && !is_terminal(last->progress.state))
        return Error{ErrorCode::refused,
                     fmt::format("update {} is in progress ({}); wait for its end or cancel it",
                                 last->update_id, row(last->progress.state).name)};
    if (last && !last->filed) {  // a crash came between its end and its filing
        UPDATE_TRY(closing, open_work(*last, nullptr), "last update");
        if (!close_again(*closing))
            return Error{ErrorCode::retry_later, "the outcome of the last update cannot be filed"};
    }
    return std::optional<Halt>{};
}

struct Engine::Opening {
    std::optional<Halt> answer;  ///< nothing new is to begin
    std::unique_ptr<Lock> lock;
    PolicyMemory memory;
};

Result<Engine::Opening> Engine::open(const std::string& update_id) {
    if (const Status prepared = prepare_folders(); !prepared) return prepared.error();
    UPDATE_TRY(lock_held, lock(), "another process works on an update");
    auto answer = clear_the_way(update_id);
    if (!answer) return std::move(answer).error();
    if (*answer) return Opening{*answer, {}, {}};
    UPDATE_TRY(stored, load_policy_memory(ports_.files, layout_), "policy memory");
    return Opening{
        {}, std::move(lock_held), settled(std::move(stored), settings_.policy, ports_.clock.wall())};
}

Result<Halt> Engine::begin(const Selection& selection, const std::string& running_version) {
    UPDATE_CHECK(validate(selection), "selection");
    UPDATE_TRY(opening, open(selection.update_id), "begin update");
    if (opening.answer) return *opening.answer;
    NotedChannel channel{ports_.channel};
    Releases releases{settings_, layout_, machine_, release_ports(ports_, channel)};
    const Asker asker = actor_ == Actor::agent ? Asker::server : Asker::operator_;
    auto resolved = releases.resolve(selection, running_version, opening.memory, asker);
    if (!resolved && channel.stopping()) return Halt::interrupted;
    if (!resolved) return refuse(selection, running_version, resolved.error());
    return start(std::move(opening.lock), resolved->plan, std::move(opening.memory),
                 to_json(resolved->vouchers));
}

Result<Halt> Engine::begin(const Plan& plan) {
    UPDATE_CHECK(validate(plan), "plan");
    UPDATE_TRY(opening, open(plan.update_id), "begin update");
    if (opening.answer) return *opening.answer;
    if (plan.vouched_by == VouchedBy::endpoint && plan.epoch < opening.memory.epoch)
        return refuse({plan.update_id, plan.product, plan.channel, plan.version}, plan.from_version,
                      Error{ErrorCode::refused,
                            fmt::format("the security epoch of {} is below {}, which was committed since; a "
                                        "signed permit leads back",
                                        plan.version, opening.memory.epoch)});
    return start(std::move(opening.lock), plan, std::move(opening.memory), "");
}

/// Everything that the update's owner will rely on, before the first journal record.
Status Engine::keep(const Plan& plan, const std::string& vouchers) {
    sweep("");
    UPDATE_CHECK(ports_.files.remove(layout_.cancel_request()), "cancel request");
    // What was to lead back from the version of then would lead back from another now.
    const auto back = read_text(ports_.files, layout_.roll_back_request(), 256);
    if (!back || *back != plan.update_id)
        UPDATE_CHECK(ports_.files.remove(layout_.roll_back_request()), "roll-back request");
    UPDATE_CHECK(ports_.files.make_private_directory(layout_.update(plan.update_id)), "folder");
    UPDATE_CHECK(ports_.files.flush_directory(layout_.updates()), "folder");
    if (!vouchers.empty())
        UPDATE_CHECK(write_durably(ports_.files, layout_.vouchers(plan.update_id), vouchers),
                     "keep signed files");
    return write_durably(ports_.files, layout_.plan(plan.update_id), to_json(plan));
}

Result<Halt> Engine::start(std::unique_ptr<Lock> lock_held, const Plan& plan, PolicyMemory memory,
                           const std::string& vouchers) {
    const Selection asked{plan.update_id, plan.product, plan.channel, plan.version};
    if (auto allowed = may_try(memory, plan, settings_.policy, ports_.clock.wall()); !allowed)
        return refuse(asked, plan.from_version,
                      Error{allowed.error()}.in(fmt::format("update to {}", plan.version)));
    UPDATE_CHECK(keep(plan, vouchers), "begin update");
    // As whoever applies it will ask: what would be refused then is refused now.
    if (auto proven = ports_.verifier.prove(plan, Expiry::judged); !proven) {
        if (auto removed = remove_tree(ports_.files, layout_.update(plan.update_id)); !removed)
            observer_.note(Record{}, removed.error().message());
        return refuse(asked, plan.from_version, proven.error());
    }
    memory = record_attempt(std::move(memory), plan, settings_.policy, ports_.clock.wall());
    UPDATE_CHECK(store_policy_memory(ports_.files, layout_, memory), "count the attempt");

    work_ = std::make_unique<Work>(Work{std::move(lock_held), plan, {}});
    Record& record = work_->record;
    if (const auto last = journal_.load().record) record.generation = last->generation;
    record.update_id = plan.update_id;
    record.from_version = plan.from_version;
    record.to_version = plan.version;
    record.requested = record.entered = moment(ports_.clock);
    if (auto stored = journal_.store(record); !stored) {
        work_.reset();
        return Error{stored.error()}.in("begin update");
    }
    history_.append(ports_.clock.wall(), record, "begin",
                    fmt::format("{} -> {}", plan.from_version, plan.version));
    return run(false);
}

/// What policy or a signature forbids never reaches the journal; the history remembers it for people. An
/// operator reads the error; the server must get an outcome, or it would offer the same for ever.
Error Engine::refuse(const Selection& asked, const std::string& from_version, const Error& why) {
    const Refusal refusal = refusal_of(why);
    if (refusal.for_now) return why;
    Record record;
    record.update_id = asked.update_id;
    record.from_version = from_version;
    record.to_version = asked.version.empty() ? from_version : asked.version;
    record.requested = record.entered = moment(ports_.clock);
    record.progress.state = State::abandoned;
    record.ended_at_unix_ms = unix_ms(ports_.clock);
    record.reason = refusal.reason;
    record.message = refusal.message;
    history_.append(ports_.clock.wall(), record, "refused", refusal.message);
    const bool judged = refusal.reason == Reason::refused || refusal.reason == Reason::untrusted;
    Error told{judged ? ErrorCode::refused : why.code(), refusal.message};
    if (refusal.reason == Reason::cancelled)
        if (auto removed = ports_.files.remove(layout_.cancel_request()); !removed)
            observer_.note(record, removed.error().message());
    if (actor_ != Actor::agent) return told;
    const Status filed = write_outcome(ports_.files, layout_, outcome_of(record));
    if (!filed) observer_.note(record, filed.error().message());
    return told;
}

}  // namespace update
