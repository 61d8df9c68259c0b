#include "sim/world.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "sim/actors.hpp"
#include "sim/bounds.hpp"
#include "sim/files.hpp"

namespace update::sim {
namespace {

using namespace std::chrono_literals;

constexpr unsigned points_max = 60'000;
/// Longer than what happens at once, as signals and starts, and than the shortest waits.
constexpr std::uint64_t interleaved_ms = 20;

class SimClock final : public Clock {
 public:
    explicit SimClock(const World& world) : world_{world} {}
    Instant now() const override { return Instant{AwakeClock::duration{world_.to_awake(world_.now)}}; }
    WallTime wall() const override {
        return WallTime{
            std::chrono::milliseconds{(world_.wall_us + world_.now.time_since_epoch().count()) / 1000}};
    }
    std::string boot_id() const override { return fmt::format("boot-{}", world_.boots); }

 private:
    const World& world_;
};

World::Places places_of(const Layout& layout, const Plan& plan) {
    World::Places places{{layout.journal_slot(0).generic_string(), layout.journal_slot(1).generic_string()},
                         layout.outcomes().generic_string(),
                         layout.cancel_request().generic_string(),
                         layout.roll_back_request().generic_string(),
                         {}};
    for (const Artifact& a : plan.artifacts) places.installed.push_back(layout.installed(a).generic_string());
    return places;
}

}  // namespace

World::World(const Scenario& s, Platform rules, std::uint64_t seed, Faults faults, bool with_trail)
    : scenario{s},
      platform{rules},
      settings{s.settings},
      layout{s.settings},
      places{places_of(layout, s.plan)},
      ghost{*this},
      dice{seed},
      faults_{std::move(faults)},
      end_bound_{end_bound(rules, s.settings)},
      nobody_{std::make_unique<SimFiles>(*this, nullptr)},
      journal_{*nobody_, layout},
      clock_{std::make_unique<SimClock>(*this)},
      with_trail_{with_trail} {
    std::ranges::sort(faults_, {}, &Fault::at);
    const auto folders_of = [this](const Path& file) {
        for (Path folder = file; folder.has_relative_path(); folder = folder.parent_path())
            if (!disk.find(folder.generic_string()))
                disk.put(folder.generic_string(), {}, FileInfo::Kind::directory);
    };
    folders_of(settings.install_root);
    folders_of(settings.state_dir.parent_path());
    for (const Artifact& a : scenario.plan.artifacts) {
        folders_of(layout.installed(a).parent_path());
        disk.put(places.installed[static_cast<std::size_t>(&a - scenario.plan.artifacts.data())],
                 image_of(a.install_path, old_version));
    }
    if (settings.watchdog_path.empty() ||
        !disk.find((settings.install_root / settings.watchdog_path).generic_string()))
        disk.put("/watchdog", "watchdog");
    disk.put("/guard", "watchdog");
    server.confirms = !scenario.old_server;
    folders_of(settings.trust.root.parent_path());
    disk.put(settings.trust.root.generic_string(), scenario.repository->root());
    if (!scenario.by_operator) server.add(scenario.selection());
    server.back_up();
    if (scenario.outage) outage_end_ = faults_end_ = Instant{} + 5 * settings.trial.ack_timeout / 2;
}

/// The processes that are left die; their stacks have to be unwound.
World::~World() {
    off_ = true;
    for (auto& p : processes_)
        if (p->alive) end(*p, {true, 9});
}

std::int64_t World::to_awake(Instant t) const { return (t - boot_at).count() + 1'000'000; }

void World::at(Instant when, Event event) {
    events_.push({std::max(when, now), ++event_number_, std::make_shared<Event>(std::move(event))});
}

void World::tell(std::string_view who, std::string_view what) {
    if (!with_trail_) return;
    trail.push_back(fmt::format("{:>12.3f} s  #{:<5} {:<10} {}",
                                static_cast<double>(now.time_since_epoch().count()) / 1e6, points, who,
                                what));
}

void World::note_state(const Record& record, std::string_view note) {
    const bool is_state = note == row(record.progress.state).name;
    if (is_state) ++ghost.states[static_cast<std::size_t>(record.progress.state)];
    if (with_trail_) tell("engine", is_state ? fmt::format("-> {}", note) : std::string{note});
}

void World::run() {
    boot();
    while (!ghost.violation()) {
        if (resume_somebody()) continue;
        reap();
        if (settled()) break;
        if (!advance()) break;
    }
    if (!ghost.violation()) ghost.at_the_end();
    ended_well = !ghost.violation();
}

bool World::advance() {
    Instant next = Instant::max();
    if (!events_.empty()) next = events_.top().at;
    for (auto& p : processes_)
        if (p->alive && p->fiber && p->waits) next = std::min(next, p->wake);
    if (next == Instant::max() && now < faults_end_) next = faults_end_;
    if (next == Instant::max() || next > faults_end_ + end_bound_ || points > points_max) {
        ghost.break_promise(Promise::ends, fmt::format("no end after {} s and {} points",
                                                       now.time_since_epoch().count() / 1'000'000, points));
        return false;
    }
    now = std::max(now, next);
    ghost.time_passed();
    while (!events_.empty() && events_.top().at <= now) {
        const auto event = events_.top().event;
        events_.pop();
        dispatch(*event);
    }
    return true;
}

/// All is said and done, and nothing can come any more but by a new wish.
bool World::settled() {
    if (now < faults_end_) return false;
    if (services[settings.programs.front().name].for_good) return settled_without_agent();
    const Process* agent = running(settings.programs.front().name);
    if (agent == nullptr || !agent->life.began) return false;
    const bool aware = scenario.aware();
    if (aware && (!agent->life.online || !agent->offers.empty())) return false;
    // A server that was put back to before an operator's update is offered nothing to ask about: it hears
    // what runs, and no more.
    const bool forgot = scenario.by_operator && troubles.count_of(FaultKind::server_restored) > 0;
    const bool knows = server.all_ended() && (forgot || !server.updates().empty());
    if (aware && (!knows || server.version() != agent->version)) return false;
    if (somebody_passes() || disk.find(places.roll_back_request) != nullptr) return false;
    // One that has just been restarted has still to look what the one before left.
    const Process* dog = watchdog();
    if (is_watched() && (dog == nullptr || !dog->waits)) return false;
    const auto& last = record();
    const bool refused_before = !last && aware && !server.updates().empty();
    return (refused_before || (last && last->filed)) && (!aware || !disk.has_children(places.outcomes));
}

bool World::somebody_passes() const {
    return std::ranges::any_of(processes_, [](const auto& p) {
        return p->program == Program::helper || p->program == Program::guardian ||
               p->program == Program::updatectl || p->program == Program::guard;
    });
}

/// Its part of an update waits for it; what others do of one comes to an end all the same.
bool World::settled_without_agent() {
    if (somebody_passes()) return false;
    const bool others_may = is_watched() && !scenario.old_watchdog;
    const auto& last = record();
    return !others_may || !last || last->filed || row(last->progress.state).owner == Owner::agent;
}

const std::optional<Record>& World::record() {
    std::array<Slot, 2> slots;
    for (std::size_t n = 0; n < slots.size(); ++n)
        if (const NodePtr node = disk.find(places.journal[n])) slots[n] = {node->id, node->changes};
    if (slots == seen_slots_) return seen_record_;
    seen_slots_ = slots;
    seen_record_ = journal_.load().record;
    return seen_record_;
}

Status World::point(Process& p, Op op, const std::string& what, const std::string& path) {
    if (p.killed) throw Killed{};
    ++points;
    if (with_trail_ && op != Op::other) tell(name(p.program), fmt::format("{} {}", what, path));
    while (next_fault_ < faults_.size() && faults_[next_fault_].at <= points)
        strike(p, op, faults_[next_fault_++]);
    if (p.dies_next) end(p, {true, 9});
    if (!p.alive) throw Killed{};
    if (meets(FaultKind::interleaved)) spend(p, std::chrono::milliseconds{dice.below(interleaved_ms)});
    if (points > points_max) {
        ghost.break_promise(Promise::ends, "the work has no end");
        throw Killed{};
    }
    if (op == Op::other) return done();
    Evidence evidence;
    evidence.need_bytes = 4096;
    evidence.have_bytes = 0;
    if ((op == Op::write || op == Op::create) && meets(FaultKind::disk_full))
        return Error{ErrorCode::no_space, "disk full"}.with(evidence);
    if (op == Op::write && meets(FaultKind::quota)) return Error{ErrorCode::no_space, "quota"}.with(evidence);
    if (meets(FaultKind::read_only)) return Error{ErrorCode::permission, "read-only file system"};
    if ((op == Op::rename || op == Op::remove) && meets(FaultKind::locked))
        return Error{ErrorCode::retry_later, "somebody has the file open"};
    if (takes(FaultKind::io_error)) return Error{ErrorCode::retry_later, "input/output error"};
    if (op != Op::flush && op != Op::write && takes(FaultKind::denied))
        return Error{ErrorCode::permission, "permission denied"};
    return done();
}

Status World::reading(Process& p) {
    if (p.killed) throw Killed{};
    if (takes(FaultKind::io_error)) return Error{ErrorCode::retry_later, "input/output error"};
    return done();
}

bool World::disk_is_bad() const {
    for (const FaultKind kind :
         {FaultKind::disk_full, FaultKind::read_only, FaultKind::quota, FaultKind::locked})
        if (troubles.lasts(kind, now)) return true;
    return false;
}

bool World::takes(FaultKind kind) {
    if (!troubles.takes(kind)) return false;
    trouble_until(kind, now);
    return true;
}

}  // namespace update::sim
