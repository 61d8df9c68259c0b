#include "world.hpp"

#include "journal/policy_file.hpp"

namespace update::test {

World::World(Route route, Behaviour new_one) : layout{{}, {}}, behaviour{new_one} {
    settings.install_root = folder.path() / "root";
    settings.state_dir = folder.path() / "its state";  // with a sign that a URL must escape
    layout = Layout{settings};
    settings.programs.front().path = "bin/agent";
    settings.routes = {route};
    settings.policy.attempts_per_version = 100;
    settings.trial.ready_timeout = 60s;
    settings.trial.ack_timeout = 600s;
    watchdog_there = route == Route::watchdog;
    fs::create_directories(settings.install_root / "bin");
    fs::create_directories(settings.install_root / "share");
    fs::create_directories(folder.path() / "offer");
    write(settings.install_root / "bin/agent", image(old_version));
    write(settings.install_root / "share/data", "data of " + old_version);
    fs::permissions(settings.install_root / "bin/agent", fs::perms{0755});

    plan = {"u-1", "agent", old_version, new_version, {}};
    const auto offer = [&](Role role, const std::string& path, const std::string& text) {
        const Path file = folder.path() / "offer" / fs::path{path}.filename();
        write(file, text);
        const auto digest = hashing_.sha256();
        digest->update(std::as_bytes(std::span{text}));
        plan.artifacts.push_back(
            {role, path, text.size(), digest->finish(), {file_url(file)}, role == Role::agent});
    };
    offer(Role::agent, "bin/agent", image(new_version));
    offer(Role::file, "share/data", "data of " + new_version);
    finger.before = [this](std::string_view operation, const Path&) {
        point(operation);
        return done();
    };
    start_agent();
}

void World::start_agent() {
    agent = Running{++last_pid_, live_version(), clock.time};
    if (agent->version == new_version) ++agent_starts_of_new;
    agent_is_fresh_ = true;
}

std::string World::read(const Path& path) const {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}
void World::write(const Path& path, const std::string& text) const {
    std::ofstream{path, std::ios::binary} << text;
}

std::string World::live_version() const {
    const std::string program = read(settings.install_root / "bin/agent");
    const auto at = program.find("echo ");
    return at == std::string::npos ? "none" : program.substr(at + 5, 3);
}

std::vector<std::string> World::left_over() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{settings.install_root}) {
        const auto name = fs::relative(entry.path(), settings.install_root).generic_string();
        if (name != "bin" && name != "share" && name != "bin/agent" && name != "share/data")
            found.push_back(name);
    }
    if (fs::exists(layout.updates()))
        for (const auto& entry : fs::directory_iterator{layout.updates()})
            found.push_back(entry.path().string());
    return found;
}

std::optional<Outcome> World::outcome() const {
    const auto outcome = parse_outcome(read(layout.outcome(plan.update_id)));
    if (!outcome) return std::nullopt;
    return *outcome;
}

/// The agent that runs, or is started by whoever supervises it, looks after the update.
void World::agent_turn() {
    if (!agent) start_agent();
    const bool fresh = std::exchange(agent_is_fresh_, false);
    const bool offered = record() && record()->update_id == plan.update_id;
    const auto halt =
        offered ? resume(Actor::agent, fresh ? Entry::fresh_process : Entry::after_crash) : begin();
    if (!halt) return notes.push_back(halt.error().message());  // offered again later
    if (*halt == Halt::exit_for_restart) return agent.reset();
    if (*halt != Halt::not_mine || handed_to_watchdog_ || helper_wanted_ || !offered) return;
    if (auto found = as(Actor::agent, [](Engine& e) { return e.find_applier(); }); !found)
        notes.push_back(found.error().message());
}

void World::helper_turn() {
    helper_wanted_ = false;
    const auto halt = resume(Actor::helper, Entry::after_crash);
    REQUIRE(halt);
    if (!agent) start_agent();
}

/// The supervisor starts the agent; before that, where it is configured so, its guard runs.
void World::agent_of_exit_code_route() {
    if (guard_there) REQUIRE(resume(Actor::guard, Entry::fresh_process));
    if (behaviour == Behaviour::unloadable && live_version() == new_version) {
        ++agent_starts_of_new;
        return;  // the loader refuses it; not one line of it runs
    }
    agent_turn();
}

void World::run_to_the_end() {
    for (int turn = 0; turn < 200 && !finished(); ++turn) {
        Actor actor = Actor::agent;
        try {
            if (watchdog_there && record() && record()->update_id == plan.update_id) {
                actor = Actor::watchdog;
                const bool given = std::exchange(handed_to_watchdog_, false);
                const auto halt = resume(actor, given ? Entry::hand_over : Entry::after_crash);
                REQUIRE(halt);
                if (*halt != Halt::not_mine) continue;
                actor = Actor::agent;
            }
            if (helper_wanted_) {
                actor = Actor::helper;
                helper_turn();
                continue;
            }
            if (settings.routes.front() == Route::exit_code && !agent)
                agent_of_exit_code_route();
            else
                agent_turn();
        } catch (const Crash&) {
            ++crashes;
            // The watchdog's own death leaves the agent alone, and the helper's does, too.
            if (actor == Actor::agent) agent.reset();
        } catch (const AgentDied&) {}
    }
    if (!agent) start_agent();  // the supervisor; every route has one
}

void World::check_end(const std::string& context) {
    const auto end = record();
    REQUIRE_MESSAGE(end, context);
    REQUIRE_MESSAGE(end->filed,
                    context << ": not filed, state " << row(end->progress.state).name << " " << end->message);
    const State state = end->progress.state;
    const std::string story = context + ": " + std::string{row(state).name} + ", " +
                              std::string{update::name(end->reason)} + " " + end->message;
    REQUIRE_MESSAGE(agent.has_value(), story);
    REQUIRE_MESSAGE(agent->version == live_version(), story);
    const bool is_new = live_version() == new_version;
    REQUIRE_MESSAGE(
        read(settings.install_root / "share/data") == "data of " + (is_new ? new_version : old_version),
        story << ": the set is mixed");
    if (state == State::committed) {
        REQUIRE_MESSAGE(is_new, story);
        REQUIRE_MESSAGE((acknowledged || behaviour == Behaviour::old_server),
                        story << ": never acknowledged");
    }
    if (state == State::rolled_back || state == State::abandoned) REQUIRE_MESSAGE(!is_new, story);
    if (state != State::needs_repair) {
        std::string rest;
        for (const auto& name : left_over()) rest += name + " ";
        REQUIRE_MESSAGE(rest.empty(), story << ": left over " << rest);
    }
    REQUIRE_MESSAGE(outcome().has_value(), story << ": no outcome");
    REQUIRE_MESSAGE(outcome()->message == end->message, story);
}

}  // namespace update::test
