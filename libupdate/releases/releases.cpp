#include "releases/releases.hpp"

#include <fmt/format.h>

#include "policy/version.hpp"
#include "releases/plan_of.hpp"
#include "trust/trouble.hpp"

namespace update {
namespace {

constexpr std::uint32_t whole = 10'000;

std::optional<std::string> nothing_more(const std::string&) { return std::nullopt; }

Error not_now(std::string what) { return {ErrorCode::retry_later, std::move(what)}; }

}  // namespace

Releases::Releases(const Settings& settings, const Layout& layout, const Machine& machine, ReleasePorts ports)
    : settings_{settings}, machine_{machine}, ports_{ports}, source_{settings, layout, ports} {}

ChosenChannel Releases::channel() const { return resolve_channel({settings_.policy.channel, {}, {}}); }

/// The control server stands for site and client: what the endpoint's own configuration says goes before it.
Result<std::string> Releases::channel_for(const Selection& selection, Asker asker) const {
    if (selection.channel.empty()) return channel().name;
    const std::string& own = settings_.policy.channel;
    if (asker == Asker::server && !own.empty() && own != selection.channel)
        return Error{ErrorCode::refused,
                     fmt::format("channel {}: this endpoint is configured for {}", selection.channel, own)};
    return selection.channel;
}

Result<EndpointFacts> Releases::facts(const std::string& running_version, const PolicyMemory& memory) const {
    EndpointFacts facts;
    facts.endpoint_id = settings_.agent_id;
    facts.os = os_word(machine_);
    facts.arch = arch_word(machine_);
    facts.running_version = running_version;
    facts.committed_epoch = memory.epoch;
    facts.channel.agent = settings_.policy.channel;
    facts.pin = settings_.policy.pin;
    facts.minimum_version = settings_.policy.minimum_version;
    facts.hold = settings_.policy.hold;
    for (const std::string& text : settings_.policy.windows) {
        UPDATE_TRY(window, parse_window(text), "policy.windows");
        facts.windows.push_back(window);
    }
    facts.utc_offset = ports_.clock.utc_offset();
    facts.used_permits = {memory.used_permits.begin(), memory.used_permits.end()};
    facts.memory = memory;
    facts.settings = settings_.policy;
    facts.now = source_.now();
    facts.digest = [this](const std::string& text) {
        const auto stream = ports_.hashing.sha256();
        stream->update(std::as_bytes(std::span{text}));
        return stream->finish();
    };
    const auto place = rollout_bucket(facts.digest(facts.endpoint_id));
    facts.jitter = std::chrono::floor<std::chrono::minutes>(settings_.policy.window_jitter * place / whole);
    return facts;
}

Result<Resolved> Releases::resolve(const Selection& selection, const std::string& running_version,
                                   const PolicyMemory& memory, Asker asker) {
    UPDATE_CHECK(validate(selection), "selection");
    if (selection.product != settings_.product)
        return Error{ErrorCode::refused,
                     fmt::format("product {}: this endpoint has {}", selection.product, settings_.product)};
    if (running_version.empty())
        return Error{ErrorCode::refused, "which version runs now is not known; say --from OLD"};
    UPDATE_TRY(channel, channel_for(selection, asker), "selection");
    UPDATE_TRY(known, facts(running_version, memory), "policy");
    known.update_id = selection.update_id;
    if (asker == Asker::server && !is_open(known.windows, known.now, known.utc_offset, known.jitter))
        return not_now("the maintenance window is closed; the offer is taken when it opens");
    UPDATE_TRY(fetched, source_.fetch(channel, selection.version, selection.update_id),
               fmt::format("signed releases of {} on {}", selection.product, channel));
    const ReleaseList& list = fetched.releases.list();
    known.now = source_.now();  // it may have been learned just now
    std::size_t index = 0;
    if (selection.version.empty()) {
        const Choice choice = choose(list, known);
        if (!choice.release)
            return Error{ErrorCode::refused,
                         choice.obstacle.empty()
                             ? fmt::format("no release of {} on {} is to be taken", list.product, channel)
                             : choice.obstacle};
        index = *choice.release;
    } else {
        UPDATE_TRY(selected, select(list, known, selection.version), "selection");
        index = selected;
    }
    const Release& release = list.releases[index];
    UPDATE_CHECK(fetched.releases.check(release, nothing_more), release.version);
    Plan plan =
        plan_of({selection.update_id, running_version, permit_used_for(list, known, release), machine_}, list,
                release, settings_.trust.repositories, fetched.releases.hash_prefixes());
    if (auto valid = validate(plan); !valid)
        return trust::trouble(trust::Trouble::tampered, valid.error().message());
    return Resolved{std::move(plan), std::move(fetched.vouchers)};
}

Result<ReleaseDecision> Releases::decision(const std::string& running_version, const PolicyMemory& memory) {
    UPDATE_TRY(known, facts(running_version, memory), "policy");
    ReleaseDecision decision;
    decision.channel = channel();
    UPDATE_TRY(fetched, source_.stored(decision.channel.name, Expiry::judged), "signed releases");
    const ReleaseList& list = fetched.releases.list();
    decision.choice = choose(list, known);
    for (const Considered& considered : decision.choice.considered) {
        const Release& release = *release_named(list, considered.version);
        if (decision.choice.release && &list.releases[*decision.choice.release] == &release)
            decision.taken = decision.releases.size();
        decision.releases.push_back(release);
        decision.buckets.push_back(
            release.rollout.percent >= 100
                ? whole
                : rollout_bucket(known.digest(rollout_text(known.endpoint_id, list.product, release))));
    }
    decision.permits = list.permits;
    decision.facts = std::move(known);
    return decision;
}

}  // namespace update
