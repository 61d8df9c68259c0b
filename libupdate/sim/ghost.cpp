#include "sim/ghost.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <numeric>

#include "journal/policy_file.hpp"
#include "policy/memory.hpp"
#include "sim/actors.hpp"
#include "sim/bounds.hpp"
#include "sim/world.hpp"

namespace update::sim {

using namespace std::chrono_literals;

namespace {

Ending ending_of(const Record& record) {
    switch (record.progress.state) {
        case State::committed:
            return Ending::committed;
        case State::rolled_back:
            return Ending::rolled_back;
        case State::abandoned:
            return Ending::abandoned;
        default:
            return Ending::needs_repair;
    }
}

}  // namespace

std::string_view name(Promise promise) {
    constexpr std::string_view names[] = {
        "startable",       "verified-only",    "finite-restarts",    "ends",
        "careful-cleanup", "true-version",     "held-stays",         "nothing-left",
        "never-mixed",     "crashes-are-free", "outage-is-innocent", "told-once"};
    return names[static_cast<std::size_t>(promise) - 1];
}

Ghost::Ghost(World& world)
    : world_{world}, dark_bound_{dark_bound(world.platform, world.scenario.settings)} {}

void Ghost::break_promise(Promise promise, std::string what) {
    if (violation_) return;
    world_.tell("BROKEN", fmt::format("{}: {}", name(promise), what));
    violation_ = Violation{promise, std::move(what)};
}

bool Ghost::is_complete(const std::string& bytes, std::string& version) const {
    version = version_of(bytes);
    for (const Artifact& a : world_.scenario.plan.artifacts)
        if (a.role != Role::file && bytes == image_of(a.install_path, version)) return true;
    return bytes == "watchdog";
}

/// After every change of a name: each program can be started at this very moment.
void Ghost::names_changed(const std::string& path) {
    const auto& artifacts = world_.scenario.plan.artifacts;
    for (std::size_t n = 0; n < artifacts.size(); ++n) {
        if (artifacts[n].role == Role::file || world_.places.installed[n] != path) continue;
        const NodePtr node = world_.disk.find(path);
        // What has stepped aside comes back at the next start of the system, or is followed: in bounded time.
        if (!node && world_.put_back_at_boot.contains(path)) continue;
        std::string version;
        if (!node || !is_complete(node->bytes, version))
            break_promise(Promise::startable, fmt::format("{} is no complete program", path));
    }
}

void Ghost::removed(const std::string& path, const NodePtr& node) {
    const Artifact& agent = world_.scenario.plan.artifacts.front();
    const std::string& live = world_.places.installed.front();
    if (path == live) return names_changed(path);
    if (node->bytes != image_of(agent.install_path, old_version)) return;
    const NodePtr now = world_.disk.find(live);
    const bool new_is_live = now && now->bytes != node->bytes && node->links == 0;
    if (!new_is_live) return;
    // Its backup was the only other startable one: only a proven new version may go without it.
    if (acknowledged == 0 && world_.settings.trial.commit_on == CommitOn::acknowledged)
        break_promise(Promise::careful_cleanup,
                      "the old version is gone before the new one was acknowledged");
}

void Ghost::image_starts(const Process& p) {
    std::string version;
    if (!p.image || !is_complete(p.image->bytes, version))
        return break_promise(Promise::verified_only, fmt::format("{} runs unknown bytes", name(p.program)));
    if (p.program != Program::agent) return;
    // What cannot be written cannot be counted, and what needs repair is started again without end.
    const auto record = world_.record();
    const bool given_up = record && (record->progress.state == State::needs_repair ||
                                     record->progress.state == State::salvaging);
    if (p.version == world_.scenario.plan.version && !world_.disk_is_bad() && !given_up) ++starts_of_new;
    // One more with the exit-code route without a guard: only a start can see that the starts are used up.
    // Each update of this version, and each power cut, may begin anew.
    const auto of = [&](FaultKind k) { return world_.troubles.count_of(k); };
    const std::uint64_t crashes = of(FaultKind::crash) + of(FaultKind::crash_agent) +
                                  of(FaultKind::crash_between) + of(FaultKind::power_off) +
                                  of(FaultKind::dead_clock) + of(FaultKind::crash_watchdog) +
                                  of(FaultKind::agent_held);
    const bool quiet = world_.server.all_ended();
    // While who applies cannot see that it ended, or stands, a service manager beside it goes on.
    const bool own_service = is_service_of_its_own(world_.scenario.keeper);
    const auto& trial = world_.settings.trial;
    const auto delay = std::max<milliseconds>(restart_delay(world_.platform, world_.settings), 1s);
    const bool others_apply = world_.scenario.keeper == Keeper::both;
    const milliseconds unseen = (of(FaultKind::unreadable_state) > 0 ? trial.ready_timeout : 0ms) +
                                (others_apply ? of(FaultKind::delay) : 0) * milliseconds{longest_delay};
    const std::uint64_t beside = own_service ? static_cast<std::uint64_t>(unseen / delay) : 0;
    if (!quiet &&
        starts_of_new > trial.starts_max + 2 + 2 * crashes + 3 * of(FaultKind::server_restored) + beside)
        break_promise(Promise::finite_restarts, fmt::format("{} starts of the new version", starts_of_new));
    if (world_.services[world_.settings.programs.front().name].held)
        break_promise(Promise::held_stays, "the agent was started while an administrator holds it");
}

const Artifact* Ghost::odd_file(const std::string& version) const {
    const auto& artifacts = world_.scenario.plan.artifacts;
    for (std::size_t n = 0; n < artifacts.size(); ++n) {
        if (artifacts[n].role == Role::watchdog) continue;
        const NodePtr node = world_.disk.find(world_.places.installed[n]);
        if (!node || node->bytes != image_of(artifacts[n].install_path, version)) return &artifacts[n];
    }
    return nullptr;
}

void Ghost::member_starts(const Process& p) {
    for (const auto& other : world_.processes())
        if (other->alive && !other->service.empty() && other->version != p.version)
            return break_promise(Promise::never_mixed,
                                 fmt::format("{} {} was started beside {} {}", p.service, p.version,
                                             other->service, other->version));
    // An agent that knows of updates looks first, and may end again or put the set right before it works.
    if (p.program == Program::agent && world_.scenario.aware()) return;
    if (const Artifact* const odd = odd_file(p.version))
        break_promise(Promise::never_mixed, fmt::format("{} {} was started beside another {}", p.service,
                                                        p.version, odd->install_path));
}

/// By the exit-code route the agent exchanges its own files, and ends then.
void Ghost::file_exchanged(const Process* by, const std::string& path) {
    const bool by_itself = by != nullptr && by->program == Program::agent;
    if (by == nullptr || by_itself) return;
    const auto& artifacts = world_.scenario.plan.artifacts;
    for (std::size_t n = 0; n < artifacts.size(); ++n) {
        if (artifacts[n].role == Role::watchdog || world_.places.installed[n] != path) continue;
        for (const auto& other : world_.processes())
            if (other->alive && !other->service.empty())
                return break_promise(Promise::never_mixed, fmt::format("{} was exchanged while {} {} runs",
                                                                       path, other->service, other->version));
    }
}

/// The agent has looked after the update that it may be part of, and begins its own work.
void Ghost::agent_works(const Process& agent) {
    if (const Artifact* const odd = odd_file(agent.version))
        break_promise(Promise::never_mixed,
                      fmt::format("agent {} works beside another {}", agent.version, odd->install_path));
}

/// What a fault of the machine costs by itself is not held against the product: the time counts after the
/// last one.
void Ghost::time_passed() {
    const auto calm = std::chrono::duration_cast<Darkness::Time>(world_.now - world_.calm_since());
    const Darkness::Time dark = std::min(darkness.lasted(world_.now), calm);
    if (dark > dark_bound_)
        break_promise(Promise::startable, fmt::format("no agent has been ready for {} s", dark / 1s));
}

void Ghost::journal_written(std::string_view slot) {
    const std::size_t number = slot.find(' ');
    if (number == slot.npos) return;
    journaled_[std::strtoull(slot.data() + number, nullptr, 10)] = slot;
}

/// What the product takes for the newest record has to be one that was written, every byte of it.
void Ghost::power_was_off() {
    if (const auto record = world_.record()) {
        const auto written = journaled_.find(record->generation);
        const auto is_whole = [&](const std::string& path) {
            const NodePtr node = world_.disk.find(path);
            return node && node->bytes == written->second;
        };
        if (written == journaled_.end() || std::ranges::none_of(world_.places.journal, is_whole))
            break_promise(Promise::true_version, "the journal tells of what was never journaled");
    }
    for (const std::string& path : world_.places.installed) names_changed(path);
    darkness.agent_ended(world_.now);
}

void Ghost::at_the_end() {
    const auto record = world_.record();
    last = record;
    const std::string& name_of_agent = world_.settings.programs.front().name;
    Process* const agent = world_.running(name_of_agent);
    if (world_.services[name_of_agent].held) {  // its start would have been the violation
        if (agent != nullptr)
            break_promise(Promise::held_stays, "the agent runs, which an administrator stopped");
        return;
    }
    // What nobody vouched for in time never reached the journal; the server heard of it.
    const bool refused_before = !record && !world_.server.updates().empty() && world_.server.all_ended();
    if (!record && !refused_before) return break_promise(Promise::ends, "no update is in the journal");
    if (agent == nullptr) return break_promise(Promise::startable, "no agent runs");
    const NodePtr live = world_.disk.find(world_.places.installed.front());
    if (!live) return break_promise(Promise::startable, "the agent is not installed");
    if (version_of(live->bytes) != agent->version)
        return break_promise(Promise::true_version, fmt::format("{} runs, {} is installed", agent->version,
                                                                version_of(live->bytes)));
    if (refused_before) return agent_works(*agent);
    const State state = record->progress.state;
    if (state == State::committed && agent->version != record->to_version)
        return break_promise(Promise::true_version, fmt::format("committed, but {} runs", agent->version));
    if ((state == State::rolled_back || state == State::abandoned) && agent->version != record->from_version)
        return break_promise(Promise::true_version,
                             fmt::format("{}, but {} runs", row(state).name, agent->version));
    if (state == State::committed && world_.scenario.watchdog_conduct != Conduct::good &&
        record->update_id == world_.scenario.plan.update_id)
        return break_promise(Promise::startable, "a watchdog that does not work was committed");
    agent_works(*agent);
    check_server(*record);
    check_rest(*record);
}

void Ghost::check_server(const Record& record) {
    for (const Server::Update& u : world_.server.updates()) {
        if (u.told != 1)
            return break_promise(Promise::told_once, fmt::format("the server learned {} outcomes of {}",
                                                                 u.told, u.selection.update_id));
        if (u.selection.update_id != record.update_id) continue;
        const Ending ending = ending_of(record);
        if (u.ending != ending)
            return break_promise(Promise::told_once,
                                 fmt::format("the server knows {}, the journal {}", update::name(*u.ending),
                                             row(record.progress.state).name));
    }
    const FaultCounts& fired = world_.troubles.counts();
    const auto is = [&](auto&& kinds) {
        for (std::size_t k = 0; k < fault_count; ++k)
            if (fired[k] > 0 && !kinds(static_cast<FaultKind>(k))) return false;
        return true;
    };
    const std::uint64_t total = std::accumulate(fired.begin(), fired.end(), std::uint64_t{0});
    // The watchdog that promised it may have died over it.
    const bool only_died = is([](FaultKind k) { return is_crash(k) || k == FaultKind::roll_back_asked; });
    if (world_.back_promised && only_died && total <= 3 && record.update_id != way_back_id)
        return break_promise(Promise::ends, "the roll-back that the watchdog promised was not begun");
    // A program that knows nothing of updates has no server that could know of them.
    const auto& told = world_.server.updates();
    const bool is_first = told.empty() && record.update_id == world_.scenario.plan.update_id;
    if (told.empty() && !is_first) return;
    const Ending first = told.empty() ? ending_of(record) : *told.front().ending;
    // Beyond, a trial may have used up its starts, which is what starts_max is for.
    const auto free = std::min(2U, world_.settings.trial.starts_max - 1);
    if (is(is_crash) && total <= free && !watchdog_died_on_trial && first != world_.scenario.expected)
        return break_promise(Promise::crashes_are_free,
                             fmt::format("{} instead of {} ({})", update::name(first),
                                         update::name(world_.scenario.expected), record.message));
    if (is(is_network) && world_.scenario.expected == Ending::committed) {
        const PolicyMemory memory = *load_policy_memory(world_.nobody(), world_.layout);
        if (!memory.quarantine.empty())
            return break_promise(Promise::outage_is_innocent,
                                 fmt::format("{} is quarantined: {}", memory.quarantine.front().version,
                                             memory.quarantine.front().message));
    }
}

void Ghost::check_rest(const Record& record) {
    // Its backups are kept on purpose.
    const auto needs_repair = [](const Server::Update& u) { return u.ending == Ending::needs_repair; };
    if (record.progress.state == State::needs_repair ||
        std::ranges::any_of(world_.server.updates(), needs_repair))
        return;
    const std::string trust = world_.layout.trust().generic_string() + "/";
    const std::string of_update = world_.layout.update(record.update_id).generic_string();
    std::string rest;
    for (const auto& [path, node] : world_.disk.names()) {
        const bool workshop = path.find("/.update-") != std::string::npos;
        // One of the trust store that a power cut brought back goes when that file is written next.
        const bool of_trust = path.starts_with(trust);
        const bool temporary = !of_trust && (path.ends_with(".tmp") || path.ends_with(".copy"));
        // A folder that never reached the journal goes when the next update begins.
        if (workshop || temporary || path == of_update) rest += path + " ";
    }
    if (!rest.empty()) break_promise(Promise::nothing_left, fmt::format("left over: {}", rest));
}

}  // namespace update::sim
