#include "policy/memory.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>

#include "base/grammar.hpp"
#include "base/utc_text.hpp"
#include "policy/version.hpp"

namespace update {
namespace {

std::int64_t unix_ms(WallTime time) {
    return std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, max_unix_ms);
}

std::int64_t ban_ms(const PolicySettings& settings) {
    return std::clamp<std::int64_t>(milliseconds{settings.quarantine_for}.count(), 0, max_unix_ms);
}

/// How long an attempt counts. Without a quarantine still a day, or the budget would bound nothing.
std::int64_t attempt_ms(const PolicySettings& settings) {
    constexpr std::int64_t day_ms = milliseconds{std::chrono::hours{24}}.count();
    return std::max(ban_ms(settings), day_ms);
}

/// The ban as it counts at `now`: never longer than configured, and not from a moment that has not come yet.
Quarantined as_of(Quarantined entry, const PolicySettings& settings, std::int64_t now) {
    entry.since_unix_ms = std::min(entry.since_unix_ms, now);
    entry.until_unix_ms = std::min(entry.until_unix_ms, entry.since_unix_ms + ban_ms(settings));
    return entry;
}

template <class Entry>
Entry* find(std::vector<Entry>& entries, const std::string& version) {
    const auto found = std::ranges::find(entries, version, &Entry::version);
    return found == entries.end() ? nullptr : &*found;
}
template <class Entry>
const Entry* find(const std::vector<Entry>& entries, const std::string& version) {
    const auto found = std::ranges::find(entries, version, &Entry::version);
    return found == entries.end() ? nullptr : &*found;
}

template <class Entry>
void forget(std::vector<Entry>& entries, const std::string& version) {
    std::erase_if(entries, [&](const Entry& entry) { return entry.version == version; });
}

/// Keeps the newest max_remembered entries, oldest first.
template <class Entry>
void bound(std::vector<Entry>& entries, std::int64_t Entry::*when) {
    std::ranges::stable_sort(entries, {}, when);
    if (entries.size() > max_remembered)
        entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(max_remembered));
}

Error refused(std::string what) { return {ErrorCode::refused, std::move(what)}; }

std::string cure(const std::string& version) {
    return fmt::format("to try it again now: updatectl quarantine clear {}", version);
}

Status check_order(const Plan& plan, const PolicySettings& settings) {
    if (normalised(plan.version) == normalised(plan.from_version))
        return refused(fmt::format("version {} runs already", plan.version));
    const auto order = compare(plan.version, plan.from_version);
    if (!order || *order > 0 || settings.allow_downgrade || !plan.permit.empty()) return done();
    return refused(fmt::format(
        "version {} is not newer than {}, which runs; to allow it set policy.allow_downgrade = true",
        plan.version, plan.from_version));
}

bool somebody_asked(Reason reason) {
    return reason == Reason::cancelled || reason == Reason::requested || reason == Reason::refused;
}

/// No version mends these. They cannot repeat without bound either: each needs an offer, and so the server.
bool network_failed(Reason reason) { return reason == Reason::network || reason == Reason::download_failed; }

/// An outage that covers the trial and ends while the old version is watched looks like a version that cannot
/// reach the server. So the first time it is not held against the version; its attempts are counted all the
/// same.
bool may_be_an_outage(const PolicyMemory& memory, const Outcome& outcome) {
    const Attempts* attempts = find(memory.attempts, normalised(outcome.to_version));
    return outcome.reason == Reason::not_acknowledged && attempts != nullptr && attempts->count < 2;
}

bool cost_nothing(const Outcome& outcome) {
    // Corrupt before the first byte: an answer of another length, as the page of a captive portal.
    constexpr std::array outside{Reason::no_space, Reason::no_route, Reason::corrupt, Reason::io_failed};
    return outcome.ending == Ending::abandoned && outcome.bytes == 0 &&
           std::ranges::find(outside, outcome.reason) != outside.end();
}

bool is_given_back(const Outcome& outcome) {
    return somebody_asked(outcome.reason) || network_failed(outcome.reason) || cost_nothing(outcome);
}

/// Only the attempt that this outcome is the end of, and only the first time that it is told.
void end_attempt(PolicyMemory& memory, const Outcome& outcome) {
    const std::string version = normalised(outcome.to_version);
    Attempts* attempts = find(memory.attempts, version);
    if (attempts == nullptr || attempts->update_id != outcome.update_id) return;
    attempts->update_id.clear();
    if (is_given_back(outcome) && --attempts->count == 0) forget(memory.attempts, version);
}

void quarantine(PolicyMemory& memory, const Outcome& outcome, const PolicySettings& settings,
                std::int64_t now) {
    const std::string version = normalised(outcome.to_version);
    forget(memory.quarantine, version);
    memory.quarantine.push_back({version, outcome.reason,
                                 shortened(outcome.message, max_remembered_message_bytes), now,
                                 now + ban_ms(settings)});
    bound(memory.quarantine, &Quarantined::since_unix_ms);
}

void use_up(std::vector<std::string>& used, const std::string& permit) {
    if (std::ranges::find(used, permit) != used.end()) return;
    used.push_back(permit);
    if (used.size() > max_remembered_permits) used.erase(used.begin());
}

}  // namespace

PolicyMemory settled(PolicyMemory memory, const PolicySettings& settings, WallTime now) {
    const std::int64_t now_ms = unix_ms(now);
    for (Quarantined& entry : memory.quarantine) entry = as_of(std::move(entry), settings, now_ms);
    std::erase_if(memory.quarantine, [&](const Quarantined& entry) { return entry.until_unix_ms <= now_ms; });
    for (Attempts& entry : memory.attempts) entry.last_unix_ms = std::min(entry.last_unix_ms, now_ms);
    std::erase_if(memory.attempts,
                  [&](const Attempts& entry) { return entry.last_unix_ms + attempt_ms(settings) <= now_ms; });
    bound(memory.quarantine, &Quarantined::since_unix_ms);
    bound(memory.attempts, &Attempts::last_unix_ms);
    return memory;
}

std::string bar_on(const PolicyMemory& memory, std::string_view any_version, std::string_view update_id,
                   const PolicySettings& settings, WallTime now) {
    const std::string version = normalised(any_version);
    if (const Quarantined* stored = find(memory.quarantine, version)) {
        const Quarantined entry = as_of(*stored, settings, unix_ms(now));
        if (entry.until_unix_ms > unix_ms(now))
            return fmt::format("is quarantined until {} ({}: {}); {}", utc_text(entry.until_unix_ms),
                               name(entry.reason), entry.message, cure(version));
    }
    const Attempts* attempts = find(memory.attempts, version);
    if (attempts == nullptr || attempts->count < settings.attempts_per_version) return {};
    if (!update_id.empty() && attempts->update_id == update_id)
        return {};  // counted, and a crash kept it from beginning
    const std::int64_t last = std::min(attempts->last_unix_ms, unix_ms(now));
    const std::int64_t until = last + attempt_ms(settings);
    if (until <= unix_ms(now)) return {};
    return fmt::format("was tried {} times, the last time at {}, and is not again until {}; {}",
                       attempts->count, utc_text(last), utc_text(until), cure(version));
}

Status may_try(const PolicyMemory& memory, const Plan& plan, const PolicySettings& settings, WallTime now) {
    if (auto checked = check_order(plan, settings); !checked) return checked;
    const std::string bar = bar_on(memory, plan.version, plan.update_id, settings, now);
    return bar.empty() ? done() : refused(fmt::format("version {} {}", normalised(plan.version), bar));
}

PolicyMemory record_attempt(PolicyMemory memory, const Plan& plan, const PolicySettings& settings,
                            WallTime now) {
    memory = settled(std::move(memory), settings, now);
    const std::string key = normalised(plan.version);
    Attempts attempts{key, 0, 0};
    if (const Attempts* known = find(memory.attempts, key)) attempts = *known;
    const bool counted = attempts.count > 0 && attempts.update_id == plan.update_id;
    if (!counted && attempts.count < std::numeric_limits<std::uint32_t>::max()) ++attempts.count;
    attempts.last_unix_ms = unix_ms(now);
    attempts.update_id = plan.update_id;
    forget(memory.attempts, key);
    memory.attempts.push_back(std::move(attempts));
    bound(memory.attempts, &Attempts::last_unix_ms);
    return memory;
}

bool quarantines(Reason reason) {
    constexpr std::array bad{Reason::self_test_failed, Reason::start_failed,  Reason::crashed,
                             Reason::not_ready,        Reason::wrong_version, Reason::not_acknowledged,
                             Reason::watchdog_failed};
    return std::ranges::find(bad, reason) != bad.end();
}

PolicyMemory record_outcome(PolicyMemory memory, const Outcome& outcome, const PolicySettings& settings,
                            WallTime now) {
    memory = settled(std::move(memory), settings, now);
    if (outcome.ending == Ending::committed) return cleared(std::move(memory), outcome.to_version);
    if (quarantines(outcome.reason) && !may_be_an_outage(memory, outcome))
        quarantine(memory, outcome, settings, unix_ms(now));
    end_attempt(memory, outcome);
    return memory;
}

PolicyMemory record_commit(PolicyMemory memory, const Plan& plan) {
    memory.epoch = std::max(memory.epoch, plan.epoch);
    if (!plan.permit.empty()) use_up(memory.used_permits, plan.permit);
    return memory;
}

PolicyMemory with_commits_of(PolicyMemory memory, const PolicyMemory& other) {
    memory.epoch = std::max(memory.epoch, other.epoch);
    auto used = other.used_permits;
    for (const std::string& permit : memory.used_permits) use_up(used, permit);
    memory.used_permits = std::move(used);
    return memory;
}

PolicyMemory cleared(PolicyMemory memory, std::string_view version) {
    const std::string key = normalised(version);
    forget(memory.quarantine, key);
    forget(memory.attempts, key);
    return memory;
}

}  // namespace update
