#include "sim/actors.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "durable/durable.hpp"
#include "sim/ports.hpp"

namespace update::sim {

using namespace std::chrono_literals;

namespace {

/// It knows nothing of updates.
int live_as_companion(World& world, Process& p) {
    const bool is_new = p.version == world.scenario.plan.version;
    if (is_new && world.scenario.companion_conduct == Conduct::crashes) return 1;
    while (!p.stopping) world.block(p, world.now + 1h);
    return 0;
}

}  // namespace

int live(World& world, Process& p) {
    switch (p.program) {
        case Program::agent:
            return live_as_agent(world, p);
        case Program::watchdog:
            return live_as_watchdog(world, p);
        case Program::helper:
            return live_as_helper(world, p);
        case Program::guardian:
            return live_as_guardian(world, p);
        case Program::guard:
            return live_as_guard(world, p);
        case Program::rescue:
            return live_as_rescue(world, p);
        case Program::updatectl:
            return live_as_operator(world, p);
        case Program::companion:
            return live_as_companion(world, p);
    }
    return 0;
}

Signal next_signal(World& world, Process& p, Instant deadline) {
    for (bool look = true;; look = std::exchange(p.cancel_news, false)) {
        p.serve();
        const bool listens_to_stop = p.program == Program::agent && !p.deaf;
        if (p.stopping && listens_to_stop) return {.kind = Signal::Kind::stopping};
        if (look && p.program != Program::watchdog) {
            const NodePtr wanted = world.disk.find(world.places.cancel_request);
            p.told_of_cancel = wanted && !p.told_of_cancel;
            if (p.told_of_cancel) return {.kind = Signal::Kind::cancelled, .update_id = wanted->bytes};
        }
        if (!p.signals.empty()) {
            Signal first = std::move(p.signals.front());
            p.signals.pop_front();
            return first;
        }
        if (world.now >= deadline) return {};
        world.block(p, deadline);
    }
}

Result<std::string> ask_watchdog(World& world, Process& p, Ask::Kind kind, const std::string& id,
                                 std::chrono::milliseconds timeout) {
    (void)world.point(p, Op::other, "ask");
    Process* const dog = world.watchdog();
    if (dog == nullptr) return Error{ErrorCode::not_found, "no watchdog answers"};
    if (world.scenario.old_watchdog && kind != Ask::Kind::ping)
        return Error{ErrorCode::unsupported, "the watchdog is too old"};
    const auto ask = std::make_shared<Ask>(Ask{kind, id, false, {}, {}});
    dog->asks.push_back(ask);
    if (dog->waits) world.poke(*dog);
    for (const Instant limit = world.now + timeout; !ask->answered;) {
        if (world.now >= limit) return Error{ErrorCode::timed_out, "no answer"};
        world.block(p, limit);
    }
    if (ask->error) return *ask->error;
    return ask->message;
}

Observer observer(World& world, Process& p) {
    Observer observer;
    observer.note = [&world](const Record& record, std::string_view note) { world.note_state(record, note); };
    observer.connected = [&p] { return p.life.connected; };
    return observer;
}

std::optional<Record> record_of(World& world, Process& p, const Engine& engine) {
    if (world.troubles.is_armed(FaultKind::io_error) || p.killed) return engine.record();
    return world.record();
}

std::string program_path(const World& world, const std::string& service) {
    for (const ProgramSettings& program : world.settings.programs)
        if (program.name == service) return (world.settings.install_root / program.path).generic_string();
    return {};
}

std::string watchdog_program(const World& world) {
    if (world.settings.watchdog_path.empty()) return "/watchdog";
    const std::string installed =
        (world.settings.install_root / world.settings.watchdog_path).generic_string();
    return world.disk.find(installed) ? installed : "/watchdog";
}

std::string version_of(const std::string& image) {
    if (image == "watchdog") return old_version;
    const std::size_t line = image.find('\n'), end = image.find('\n', line + 1),
                      space = image.rfind(' ', end);
    if (line == std::string::npos || end == std::string::npos || space == std::string::npos || space < line)
        return "?";
    return image.substr(space + 1, end - space - 1);
}

void start_agent(World& world, const std::string& service) {
    if (world.services[service].held || world.running(service) != nullptr) return;
    const auto started = world.exec(program_path(world, service), Program::agent, "");
    if (!started) return world.start_later(service, 1s);
    (*started)->service = service;
    ++world.services[service].starts;
    world.ghost.member_starts(**started);
}

void offer_to(World& world, Process& agent) {
    const auto selection = world.server.offer();
    if (!selection || !agent.life.began) return;
    const Path outcome = world.layout.outcome(selection->update_id);
    agent.offers.take(*selection, world.disk.find(outcome.generic_string()) != nullptr);
    if (agent.waits) world.poke(agent);
}

void begin_by_operator(World& world) {
    const auto record = world.record();
    if (record) return;
    world.at(world.now + 120s, {.kind = Event::Kind::begin_by_operator});
    if (std::ranges::any_of(world.processes(),
                            [](const auto& p) { return p->alive && p->program == Program::updatectl; }))
        return;
    (void)world.exec("/watchdog", Program::updatectl, "");
}

namespace {

bool is_outcome(const std::string& name) { return name.ends_with(".json") && !name.starts_with('.'); }

}  // namespace

std::size_t count_outcomes(World& world) {
    return static_cast<std::size_t>(
        std::ranges::count_if(world.disk.list(world.places.outcomes), is_outcome));
}

std::vector<Outcome> outcomes_on_disk(World& world) {
    std::vector<Outcome> outcomes;
    for (const std::string& name : world.disk.list(world.places.outcomes)) {
        if (!is_outcome(name)) continue;
        const NodePtr node = world.disk.find(world.places.outcomes + "/" + name);
        if (auto outcome = parse_outcome(node->bytes)) outcomes.push_back(std::move(*outcome));
    }
    return outcomes;
}

bool wish(World& world, FaultKind kind) {
    const auto record = world.record();
    Process* const dog = world.watchdog();
    if (!record) return false;
    if (is_terminal(record->progress.state)) {
        const bool kept =
            world.disk.find((world.layout.previous() / "plan.json").generic_string()) != nullptr;
        if (kind != FaultKind::roll_back_asked || dog == nullptr || !kept) return false;
        dog->asks.push_back(std::make_shared<Ask>(Ask{Ask::Kind::roll_back, "", false, {}, {}}));
        if (dog->waits) world.poke(*dog);
        return true;
    }
    if (kind == FaultKind::cancelled) {
        (void)write_durably(world.nobody(), world.layout.cancel_request(), record->update_id);
        for (auto& p : world.processes()) p->cancel_news = true;
        if (dog != nullptr && !world.scenario.old_watchdog)
            dog->signals.push_back({.kind = Signal::Kind::cancelled, .update_id = record->update_id});
    } else if (dog != nullptr && is_after_hand_over(record->progress.state)) {
        (void)write_durably(world.nobody(), world.layout.cancel_request(), record->update_id);
        dog->signals.push_back({.kind = Signal::Kind::cancelled, .update_id = record->update_id});
    } else {
        return false;
    }
    world.at(world.now, {.kind = Event::Kind::wake_all});
    return true;
}

int live_as_guard(World& world, Process& p) {
    ProcessPorts ports{world, p};
    Engine engine{world.settings, world.layout, ports.all, world.machine, Actor::guard, observer(world, p)};
    (void)engine.resume(Entry::fresh_process);
    return 0;
}

/// The service manager has given up the agent's service (OnFailure=).
int live_as_rescue(World& world, Process& p) {
    ProcessPorts ports{world, p};
    Engine engine{world.settings, world.layout, ports.all, world.machine, Actor::guard, observer(world, p)};
    const auto on_trial = [&engine] {
        const auto record = engine.record();
        return record && (record->progress.state == State::awaiting_ready ||
                          record->progress.state == State::awaiting_ack);
    };
    if (!on_trial()) return 0;
    for (unsigned looks = 0; on_trial() && looks <= world.settings.trial.starts_max; ++looks) {
        const auto halt = engine.resume(Entry::fresh_process);
        if (!halt) return 1;
        if (*halt == Halt::busy) return 0;
    }
    world.manager_start(p.argument, true);
    return 0;
}

int live_as_operator(World& world, Process& p) {
    ProcessPorts ports{world, p};
    p.serve = [&p] {
        for (; !p.exits.empty(); p.exits.pop_front())
            p.signals.push_back({.kind = Signal::Kind::agent_exited});
    };
    const auto desk = ports.locks.try_lock(world.layout.helper_socket());
    if (!desk) return 1;
    p.desk = true;
    Engine engine{world.settings, world.layout,     ports.all,
                  world.machine,  Actor::operator_, observer(world, p)};
    (void)engine.begin(world.scenario.selection(), old_version);
    return 0;
}

}  // namespace update::sim
