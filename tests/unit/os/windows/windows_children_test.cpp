// Supervised programs: stopped by their event or by force, survived and adopted.
#include "os/child_start.hpp"
#include "os/children.hpp"
#include "os/descriptor.hpp"
#include "os/job.hpp"
#include "os/run_record.hpp"
#include "os/spawn.hpp"
#include "os/start_process.hpp"
#include "os/supervised_process.hpp"
#include "os/wide.hpp"
#include "processes.hpp"
#include "supervised_settings.hpp"

using namespace update;
using namespace windows_test;

namespace {

class World {
 public:
    World() {
        for (const char* name : {"root", "state", "state/run"})
            std::filesystem::create_directory(folder / name);
        settings = supervised_settings(folder.path(), "listen");
        std::filesystem::copy_file(helper, folder / "root/agent.exe");
        loop = std::move(*EventLoop::create());
        restart_supervisor();
    }
    ~World() { (void)services->stop("agent").has_value(); }

    void run_as(const std::string& mode) {
        settings.programs[0].arguments = {mode, (folder / "told").string()};
        restart_supervisor();
    }
    /// As if the watchdog had been started anew: what it knew is gone, and so are its handles.
    void restart_supervisor() {
        services.reset();
        auto created = ChildServices::create(
            *loop, settings, {Supervisor::watchdog, {}, {}},
            [this](const std::string&, const auto& status) { exits.push_back(status); });
        REQUIRE(created.has_value());
        services = std::move(*created);
    }
    Layout layout() const { return Layout{settings}; }

    Folder folder;
    Settings settings;
    std::unique_ptr<EventLoop> loop;
    std::unique_ptr<ChildServices> services;
    std::vector<std::optional<ExitStatus>> exits;
};

}  // namespace

TEST_CASE("a program is asked by its event, ends in its own way, and that is no exit to report") {
    World world;
    world.run_as("listen");
    REQUIRE(world.services->start("agent").has_value());
    const auto pid = std::stol(told(world.folder / "told").at(0));
    CHECK(world.services->status("agent")->process.pid == pid);
    CHECK(world.services->supervises(pid));
    CHECK(world.services->stop("agent").has_value());
    CHECK_FALSE(lives(pid));
    CHECK(world.exits.empty());
    CHECK(world.services->status("agent")->last_exit == ExitStatus{false, 7});
}

TEST_CASE("a program that does not listen is killed after its time, with what it started") {
    World world;
    world.settings.programs[0].stop_timeout = 500ms;
    world.run_as("be-deaf");
    REQUIRE(world.services->start("agent").has_value());
    const auto words = told(world.folder / "told");
    CHECK(world.services->stop("agent").has_value());
    CHECK(ends(std::stol(words.at(0))));
    CHECK(ends(std::stol(words.at(1))));
    CHECK(world.services->status("agent")->last_exit == ExitStatus{true, 9});
}

TEST_CASE("an exit is reported with its code") {
    World world;
    world.settings.programs[0].arguments = {"exit", "3"};
    world.restart_supervisor();
    REQUIRE(world.services->start("agent").has_value());
    const auto deadline = EventLoop::now() + plenty;
    while (world.exits.empty() && EventLoop::now() < deadline) world.loop->run_once(deadline);
    REQUIRE(world.exits.size() == 1);
    CHECK(world.exits[0] == ExitStatus{false, 3});
}

TEST_CASE(
    "a program outlives its supervisor, and the next one adopts it, stops it and ends what it started") {
    World world;
    world.settings.programs[0].stop_timeout = 500ms;
    world.run_as("be-deaf");
    REQUIRE(world.services->start("agent").has_value());
    const auto words = told(world.folder / "told");
    world.restart_supervisor();
    CHECK(lives(std::stol(words.at(0))));
    REQUIRE(world.services->adopt().has_value());
    CHECK(world.services->status("agent")->process.pid == std::stol(words.at(0)));
    REQUIRE(world.services->start("agent").has_value());  // starts no second one
    CHECK(world.services->status("agent")->process.pid == std::stol(words.at(0)));
    CHECK(world.services->stop("agent").has_value());
    CHECK(ends(std::stol(words.at(0))));
    CHECK(ends(std::stol(words.at(1))));
}

TEST_CASE("the next supervisor finds the event, too") {
    World world;
    world.run_as("listen");
    REQUIRE(world.services->start("agent").has_value());
    told(world.folder / "told");
    world.restart_supervisor();
    CHECK(world.services->stop("agent").has_value());
    CHECK(world.services->status("agent")->last_exit == ExitStatus{false, 7});
}

TEST_CASE(
    "a supervisor that is killed leaves its program running, and the next one ends up with exactly that "
    "one") {
    World world;
    const Command command{
        helper, {"supervise", world.folder.path().string(), "listen", (world.folder / "pid").string()}, {}};
    auto supervisor = start_process({command, scrubbed_environment()});
    REQUIRE(supervisor.has_value());
    const auto pid = std::stol(told(world.folder / "pid").at(0));
    CHECK(told(world.folder / "told").at(0) == std::to_string(pid));
    end(supervisor->id.pid);
    CHECK(lives(pid));
    REQUIRE(world.services->start("agent").has_value());
    CHECK(world.services->status("agent")->process.pid == pid);
    CHECK(world.services->stop("agent").has_value());
    CHECK_FALSE(lives(pid));
    CHECK(world.services->status("agent")->last_exit == ExitStatus{false, 7});
}

TEST_CASE("four supervisors that start one program at the same moment start it once") {
    World world;
    std::vector<StartedProcess> supervisors;
    for (const char* name : {"a", "b", "c", "d"}) {
        const Command command{
            helper,
            {"supervise", world.folder.path().string(), "listen", (world.folder / name).string()},
            {}};
        auto started = start_process({command, scrubbed_environment()});
        REQUIRE(started.has_value());
        supervisors.push_back(std::move(*started));
    }
    const auto first = told(world.folder / "a").at(0);
    for (const char* name : {"b", "c", "d"}) CHECK(told(world.folder / name).at(0) == first);
    for (const auto& supervisor : supervisors) end(supervisor.id.pid);
    CHECK(lives(std::stol(first)));
}

TEST_CASE("the stop event and the job are closed to others") {
    World world;
    REQUIRE(world.services->start("agent").has_value());
    const auto record = read_run_record(world.layout().pid_file("agent"));
    REQUIRE(record.has_value());
    const auto& group = (*record)->group;
    const Handle stop{::OpenEventW(READ_CONTROL, FALSE, to_wide(stop_event_name(group))->c_str())};
    const Handle job{::OpenJobObjectW(READ_CONTROL, FALSE, job_name(group).c_str())};
    for (const auto* object : {&stop, &job}) {
        REQUIRE(*object);
        const auto dacl = dacl_of(object->get());
        REQUIRE_MESSAGE(dacl.has_value(), (dacl ? "" : dacl.error().message()));
        CHECK(dacl->starts_with("D:P(D;;"));
        for (const char* stranger : {";;;WD)", ";;;AU)", ";;;BU)"})
            CHECK(dacl->find(stranger) == std::string::npos);
    }
}

TEST_CASE("the run record names the process, and a record of an earlier process means nothing") {
    World world;
    world.run_as("listen");
    REQUIRE(world.services->start("agent").has_value());
    const auto record = read_run_record(world.layout().pid_file("agent"));
    REQUIRE(record.has_value());
    REQUIRE(record->has_value());
    CHECK((*record)->process == world.services->status("agent")->process);
    CHECK((*record)->group.size() == 32);
    told(world.folder / "told");
    REQUIRE(world.services->stop("agent").has_value());
    world.restart_supervisor();
    CHECK_FALSE(world.services->status("agent")->running);
}

TEST_CASE("a program that cannot be started is told with the reason, and leaves no record") {
    World world;
    std::filesystem::remove(world.folder / "root/agent.exe");
    CHECK(code(world.services->start("agent")) == ErrorCode::not_found);
    write(world.folder / "root/agent.exe", "<!DOCTYPE html>");
    CHECK(code(world.services->start("agent")) == ErrorCode::unsupported);
    CHECK_FALSE(std::filesystem::exists(world.layout().pid_file("agent")));
}

TEST_CASE("a program held by the administrator is not started") {
    World world;
    write(world.layout().held_file("agent"), "");
    CHECK(code(world.services->start("agent")) == ErrorCode::refused);
    CHECK(world.services->status("agent")->held_by_administrator);
}
