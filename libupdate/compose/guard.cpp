#include "compose/guard.hpp"

#include <cstdio>
#include <fmt/format.h>

#include "compose/agent_channel.hpp"
#include "compose/applier.hpp"
#include "compose/own_services.hpp"
#include "compose/watchdog_renewal.hpp"
#include "durable/durable.hpp"
#include "engine/engine.hpp"
#include "os/program.hpp"
#include "os/service_manager.hpp"

namespace update {
namespace {

void say(std::string_view line) { std::fprintf(stderr, "guard: %s\n", std::string{line}.c_str()); }

/// Between two lives of the agent: it is neither stopped nor started here.
class Guard {
 public:
    explicit Guard(Adapters& adapters)
        : channel_{adapters.layout(), adapters.clock(), adapters.files()},
          services_{adapters.settings(), adapters.layout(), adapters.locks(), adapters.processes()},
          renewal_{adapters, channel_},
          ports_{adapters.ports(services_, channel_, renewal_)},
          engine_{adapters.settings(), adapters.layout(), ports_,
                  adapters.machine(),  Actor::guard,      observer()} {}

    Result<Halt> look() { return engine_.resume(Entry::fresh_process); }
    /// The version that must prove itself is the one on disk.
    bool on_trial() const {
        const auto record = engine_.record();
        return record && (record->progress.state == State::awaiting_ready ||
                          record->progress.state == State::awaiting_ack);
    }

 private:
    static Observer observer() {
        Observer observer;
        observer.note = [](const Record& r, std::string_view note) {
            say(fmt::format("update {}: {}", r.update_id, note));
        };
        return observer;
    }

    AgentChannel channel_;
    OwnServices services_;
    RemoteRenewal renewal_;
    Ports ports_;
    Engine engine_;
};

/// The same file, or a copy of it.
Result<bool> is_same_program(Adapters& adapters, const Path& image, const Path& guard) {
    UPDATE_TRY(running, adapters.files().info(image), "program");
    const auto there = adapters.files().info(guard);
    if (!there || there->size_bytes != running.size_bytes) return false;
    if (there->id == running.id) return true;
    UPDATE_TRY(image_file, adapters.files().open(image, OpenMode::read), "program");
    UPDATE_TRY(guard_file, adapters.files().open(guard, OpenMode::read), "guard");
    UPDATE_TRY(image_digest, hash(*image_file, adapters.hashing()), "program");
    UPDATE_TRY(guard_digest, hash(*guard_file, adapters.hashing()), "guard");
    return image_digest == guard_digest;
}

}  // namespace

int run_guard(const Settings& settings) {
    auto adapters = Adapters::make(settings);
    if (!adapters) return say(adapters.error().message()), 0;
    Guard guard{**adapters};
    if (auto halt = guard.look(); !halt) say(halt.error().message());
    return 0;
}

int run_rescue(const Settings& settings) {
    auto applier = Applier::make(settings, "rescue");
    if (!applier) return say(applier.error().message()), 1;
    Guard guard{(*applier)->adapters()};
    if (service_manager::rescue() == service_manager::Rescue::instead_of_restart) {
        // The start that follows is counted first, as run_guard does; a trial goes on until starts are used
        // up.
        const auto halt = guard.look();
        if (!halt) say(halt.error().message());
        if (halt && *halt == Halt::busy) return say("somebody else judges the update"), 0;
        const auto restarted = (*applier)->services().start((*applier)->agent_name());
        if (!restarted) return say(restarted.error().message()), 1;
        return 0;
    }
    if (!guard.on_trial()) return say("no update is on trial; the agent stays as it is"), 0;
    for (unsigned looks = 0; guard.on_trial() && looks <= settings.trial.starts_max; ++looks) {
        const auto halt = guard.look();
        if (!halt) return say(halt.error().message()), 1;
        if (*halt == Halt::busy) return say("somebody else judges the update"), 0;
    }
    auto started = (*applier)->services().start((*applier)->agent_name());
    if (!started) return say(started.error().message()), 1;
    return 0;
}

Status renew_guard(Adapters& adapters) {
    const ProgramSettings& agent = adapters.settings().programs.front();
    const Path image = adapters.settings().install_root / agent.path, guard = adapters.layout().guard(agent);
    UPDATE_TRY(proven, runs_image(image), "guard");
    if (!proven) return done();  // somebody replaced the program; the next start shows whether it works
    UPDATE_TRY(there, is_same_program(adapters, image, guard), "guard");
    if (there) return done();
    const Path fresh = guard.string() + ".new";
    UPDATE_CHECK(adapters.files().remove(fresh), "guard");
    if (auto linked = adapters.files().link(image, fresh); !linked) {
        if (linked.error().code() != ErrorCode::unsupported) return std::move(linked).error().in("guard");
        UPDATE_CHECK(copy_durably(adapters.files(), adapters.hashing(), image, fresh), "guard");
    }
    UPDATE_CHECK(adapters.files().rename(fresh, guard), "guard");
    return adapters.files().flush_directory(guard.parent_path());
}

}  // namespace update
