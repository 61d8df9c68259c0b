// Disks that fail and files that were damaged: the update turns back while nothing is touched, and goes on
// towards a running agent where something is.
#include <random>

#include "journal/policy_file.hpp"
#include "world.hpp"

using namespace update;
using namespace update::test;

namespace {

constexpr Route routes[] = {Route::watchdog, Route::self_update, Route::exit_code};

// Every operation; on Windows, which here is Wine and slower tenfold, every thirteenth from a random first
// one.
#if defined(_WIN32)
constexpr unsigned stride = 13;
#else
constexpr unsigned stride = 1;
#endif

bool is_journal(const World& world, const Path& path) {
    return path == world.layout.journal_slot(0) || path == world.layout.journal_slot(1);
}

}  // namespace

TEST_CASE("a journal that cannot be written from some state on, for a while, never strands the endpoint") {
    for (const Route route : routes)
        for (const Behaviour behaviour : {Behaviour::good, Behaviour::exits})
            for (const ErrorCode code : {ErrorCode::no_space, ErrorCode::retry_later})
                for (const Row& r : rows()) {
                    World world{route, behaviour};
                    // Fails once the journal says that state: every store that would lead out of it.
                    unsigned refused = 0;
                    world.finger.before = [&](std::string_view operation, const Path& path) -> Status {
                        if (operation != "write" || !is_journal(world, path)) return done();
                        const auto now = Journal{world.files, world.layout}.load().record;
                        if (!now || now->progress.state != r.state || refused >= 40) return done();
                        ++refused;
                        return Error{code, "played"};
                    };
                    world.run_to_the_end();
                    if (refused == 0) continue;
                    const std::string context = std::string{update::name(route)} + ", " +
                                                std::string{name(behaviour)} + ", journal fails after " +
                                                std::string{r.name};
                    world.check_end(context);
                    MESSAGE(context, ": ", refused, " refused, then ", row(world.state()).name);
                }
}

TEST_CASE(
    "a way back of which the journal knows nothing, and that stopped half-way, leads to no trial of a mixed "
    "set") {
    for (const Route route : {Route::watchdog, Route::self_update}) {
        World world{route, Behaviour::exits};
        bool is_full = true;
        unsigned trials = 0;
        world.finger.before = [&](std::string_view operation, const Path& path) -> Status {
            if (!is_full || world.agent_starts_of_new < world.settings.trial.starts_max) return done();
            const auto now = Journal{world.files, world.layout}.load().record;
            if (!now || now->progress.state != State::starting) return done();
            if (operation == "write" && is_journal(world, path)) return Error{ErrorCode::no_space, "played"};
            if (operation != "rename" || path != world.settings.install_root / "share/data") return done();
            trials = world.performed[static_cast<std::size_t>(State::awaiting_ready)];
            is_full = false;
            throw Crash{};
        };
        world.run_to_the_end();
        const std::string context{update::name(route)};
        CHECK_MESSAGE(!is_full, context);
        CHECK_MESSAGE(world.performed[static_cast<std::size_t>(State::awaiting_ready)] == trials, context);
        world.check_end(context);
        CHECK_MESSAGE(world.state() == State::rolled_back, context);
    }
}

TEST_CASE("an end that the journal does not hold is told to nobody") {
    World world{Route::watchdog};
    bool is_full = true;
    world.finger.before = [&](std::string_view operation, const Path& path) -> Status {
        if (operation != "write" || !is_journal(world, path) || !is_full) return done();
        const auto now = Journal{world.files, world.layout}.load().record;
        if (!now || now->progress.state != State::downloading) return done();
        return Error{ErrorCode::no_space, "played"};
    };
    REQUIRE(world.begin() == Halt::ended);
    CHECK(world.state() == State::downloading);
    CHECK_FALSE(world.outcome());
    is_full = false;
    world.run_to_the_end();
    world.check_end("the disk has room again");
    REQUIRE(world.outcome());
    CHECK(world.outcome()->ending == Ending::committed);
}

TEST_CASE("a candidate that is gone when it is to be tested is not held against its version") {
    World world{Route::watchdog};
    world.point = [&](std::string_view what) {
        if (what == "run") fs::remove(world.layout.staged(world.plan.artifacts[0], world.plan.update_id, 0));
    };
    world.run_to_the_end();
    REQUIRE(world.outcome());
    CHECK(world.outcome()->reason == Reason::io_failed);
    CHECK(load_policy_memory(world.files, world.layout)->quarantine.empty());
}

TEST_CASE("each single operation on a file that fails once ends well") {
    for (const Route route : routes)
        for (const Behaviour behaviour : {Behaviour::good, Behaviour::exits}) {
            unsigned operations = 0;
            {
                World world{route, behaviour};
                world.finger.before = [&](std::string_view, const Path&) {
                    ++operations;
                    return done();
                };
                world.run_to_the_end();
            }
            std::array<unsigned, state_count> ends{};
            for (unsigned at = 1 + std::random_device{}() % stride; at <= operations; at += stride) {
                World world{route, behaviour};
                unsigned count = 0;
                world.finger.before = [&](std::string_view, const Path&) -> Status {
                    if (++count == at) return Error{ErrorCode::no_space, "played: full"};
                    return done();
                };
                try {
                    world.run_to_the_end();
                } catch (const std::exception& e) {
                    FAIL(e.what());
                }
                const std::string context = std::string{update::name(route)} + ", " +
                                            std::string{name(behaviour)} + ", operation " +
                                            std::to_string(at) + " fails";
                world.check_end(context);
                REQUIRE_MESSAGE(world.state() != State::needs_repair, context << world.record()->message);
                if (behaviour != Behaviour::good) REQUIRE_MESSAGE(world.state() != State::committed, context);
                ++ends[static_cast<std::size_t>(world.state())];
            }
            for (const Row& r : rows())
                if (const unsigned n = ends[static_cast<std::size_t>(r.state)])
                    MESSAGE(update::name(route), ", ", name(behaviour), ", ", operations, " operations: ", n,
                            " ", r.name);
        }
}

TEST_CASE("a plan that cannot be read any more ends safely in every state") {
    for (const Route route : routes)
        for (const Behaviour behaviour : {Behaviour::good, Behaviour::hangs})
            for (const Row& r : rows()) {
                World world{route, behaviour};
                bool damaged = false;
                world.point = [&](std::string_view) {
                    const auto now = world.record();
                    if (damaged || !now || now->progress.state != r.state) return;
                    damaged = true;
                    world.write(world.layout.plan("u-1"), "{\"update_id\": \"u-");
                    throw Crash{};
                };
                world.run_to_the_end();
                if (!damaged) continue;
                const std::string context = std::string{update::name(route)} + ", " +
                                            std::string{name(behaviour)} + ", plan damaged in " +
                                            std::string{r.name};
                const auto end = world.record();
                REQUIRE_MESSAGE(end, context);
                CHECK_MESSAGE(end->filed, context);
                CHECK_MESSAGE(is_terminal(end->progress.state), context);
                REQUIRE_MESSAGE(world.agent.has_value(), context);
                CHECK_MESSAGE(world.agent->version == world.live_version(), context);
                // Without its plan nobody knows where the staged files lie, so they may stay.
                if (end->progress.state == State::abandoned)
                    CHECK_MESSAGE(world.live_version() == old_version, context);
                MESSAGE(context, ": ", row(end->progress.state).name, ", ", world.live_version(), " runs");
            }
}

TEST_CASE("a machine that numbers its volumes anew at its restart, in any state, spoils no update") {
    for (const Route route : routes)
        for (const Behaviour behaviour : {Behaviour::good, Behaviour::exits})
            for (const Row& r : rows()) {
                World world{route, behaviour};
                world.point = [&](std::string_view) {
                    const auto now = world.record();
                    if (world.finger.restarts > 0 || !now || now->progress.state != r.state) return;
                    ++world.finger.restarts;
                    throw Crash{};
                };
                world.run_to_the_end();
                const std::string context = std::string{update::name(route)} + ", " +
                                            std::string{name(behaviour)} + ", restarted in " +
                                            std::string{r.name};
                world.check_end(context);
                CHECK_MESSAGE(
                    world.state() == (behaviour == Behaviour::good ? State::committed : State::rolled_back),
                    context << ": " << world.record()->message);
            }
}

TEST_CASE("the largest plan that is valid is read back") {
    World world{Route::watchdog};
    Artifact data = world.plan.artifacts[1];
    for (std::size_t n = 1; n < max_mirrors; ++n)
        data.urls.push_back("file:///" + std::string(1'900, 'x') + std::to_string(n));
    std::swap(data.urls.front(), data.urls.back());
    world.plan.artifacts[1] = data;
    for (std::size_t n = 2; n < max_artifacts; ++n) {
        Artifact more = data;
        more.install_path = "share/data" + std::to_string(n);
        world.plan.artifacts.push_back(more);
    }
    const auto valid = validate(world.plan);
    REQUIRE_MESSAGE(valid, valid.error().message());
    REQUIRE(to_json(world.plan).size() > 1 << 20);
    world.settings.transfer.attempts = 64 * max_mirrors;
    world.run_to_the_end();
    CHECK_MESSAGE(world.state() == State::committed, world.record()->message);
}

TEST_CASE("a backup that is damaged when it is needed ends as needs-repair, with an agent running") {
    World world{Route::watchdog, Behaviour::hangs};
    bool damaged = false;
    world.point = [&](std::string_view) {
        const auto now = world.record();
        if (damaged || !now || now->progress.state != State::awaiting_ready) return;
        damaged = true;
        fs::remove(world.layout.backup(world.plan.artifacts[0], "u-1", 0));
    };
    world.run_to_the_end();
    REQUIRE(damaged);
    world.check_end("backup gone");
    CHECK(world.state() == State::needs_repair);
    CHECK(world.live_version() == new_version);  // half an old set would be worse than a whole new one
    CHECK(world.outcome()->reason == Reason::not_ready);
    CHECK(fs::exists(world.layout.backup(world.plan.artifacts[1], "u-1", 1)));  // for the operator
}

TEST_CASE("an update whose backup is gone is not applied, and the old set goes on as it is") {
    World world{Route::watchdog};
    bool gone = false;
    world.point = [&](std::string_view) {
        const auto now = world.record();
        if (gone || !now || now->progress.state != State::verifying) return;
        gone = fs::remove(world.layout.backup(world.plan.artifacts[0], "u-1", 0));
    };
    world.run_to_the_end();
    REQUIRE(gone);
    world.check_end("backup gone before the exchange");
    CHECK(world.state() == State::abandoned);
    CHECK(world.live_version() == old_version);
    CHECK(world.outcome()->reason == Reason::io_failed);
}

TEST_CASE("a staged file that is changed after it was sealed is not installed") {
    World world{Route::watchdog};
    bool changed = false;
    world.point = [&](std::string_view) {
        const auto now = world.record();
        if (changed || !now || now->progress.state != State::stopping) return;
        changed = true;
        world.write(world.layout.staged(world.plan.artifacts[0], "u-1", 0), "#!/bin/sh\necho evil\n");
    };
    world.run_to_the_end();
    REQUIRE(changed);
    world.check_end("staged file changed");
    CHECK(world.state() == State::rolled_back);
    CHECK(world.outcome()->reason == Reason::corrupt);
}

TEST_CASE(
    "where there are no hard links the backup is a copy, and a full disk within it abandons the update") {
    for (const bool full : {false, true})
        for (const Behaviour behaviour : {Behaviour::good, Behaviour::exits}) {
            World world{Route::watchdog, behaviour};
            world.finger.before = [&](std::string_view operation, const Path& path) -> Status {
                if (operation == "link") return Error{ErrorCode::unsupported, "played: no links"};
                if (full && operation == "write" && path.extension() == ".old") {
                    Evidence evidence;
                    evidence.need_bytes = 4096;
                    evidence.have_bytes = 0;
                    return Error{ErrorCode::no_space, "played: full"}.with(evidence);
                }
                return done();
            };
            world.run_to_the_end();
            const std::string context = std::string{name(behaviour)} + (full ? ", full" : "");
            world.check_end(context);
            if (full) {
                CHECK_MESSAGE(world.state() == State::abandoned, context);
                CHECK(world.outcome()->reason == Reason::no_space);
                CHECK(world.outcome()->evidence.have_bytes == 0);
            } else {
                CHECK_MESSAGE(
                    world.state() == (behaviour == Behaviour::good ? State::committed : State::rolled_back),
                    context << ": " << world.record()->message);
            }
        }
}

TEST_CASE("a backup that a helper runs from, and that cannot be removed, steps aside and delays nothing") {
    World world{Route::self_update};
    const Path backup = world.layout.backup(world.plan.artifacts[0], "u-1", 0),
               aside = world.layout.aside(world.plan.artifacts[0]);
    unsigned refusals = 0;
    world.finger.before = [&](std::string_view operation, const Path& path) -> Status {
        if (operation == "link") return Error{ErrorCode::unsupported, "played: Windows"};
        if (operation != "remove" || (path != backup && path != aside) || !fs::exists(path)) return done();
        ++refusals;
        return Error{ErrorCode::retry_later, "played: a program runs from it"};
    };
    world.run_to_the_end();
    CHECK(world.state() == State::committed);
    CHECK(refusals == 2);      // and nobody waited for more
    CHECK(fs::remove(aside));  // as between updates (AsideSweep)
    world.check_end("helper in its backup");
    CHECK_FALSE(fs::exists(world.layout.workshop(world.plan.artifacts[0], "u-1")));
}
