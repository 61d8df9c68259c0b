// An endpoint with one supervised program.
#pragma once
#include <csignal>
#include <fstream>
#include <sstream>
#include <vector>

#include "os/children.hpp"
#include "support.hpp"

namespace update::test {

inline std::string read_all(const Path& path) {
    std::ifstream in{path};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

class World {
 public:
    struct Exit {
        std::string program;
        std::optional<ExitStatus> status;
    };

    World() {
        for (const char* name : {"root", "root/bin", "state", "state/run", "out"})
            REQUIRE(std::filesystem::create_directory(folder_ / name));
        settings.install_root = folder_ / "root";
        settings.state_dir = folder_ / "state";
        settings.programs[0].path = "bin/agent";
        settings.programs[0].stop_timeout = 5s;
        settings.programs[0].arguments = {(folder_ / "out").string()};
        loop = std::move(*EventLoop::create());
        restart_supervisor();
    }
    ~World() { (void)services->stop("agent").has_value(); }

    /// As if the watchdog had been started anew: what it knew is gone.
    void restart_supervisor() {
        services.reset();
        auto created = ChildServices::create(*loop, settings, options,
                                             [this](const std::string& program, const auto& status) {
                                                 exits.push_back({program, status});
                                             });
        REQUIRE(created.has_value());
        services = std::move(*created);
    }
    /// In a forked process: what the parent waits for is left alone.
    void become_another_supervisor() {
        (void)services.release();
        (void)loop.release();
        loop = std::move(*EventLoop::create());
        restart_supervisor();
    }
    /// The agent is a shell script; $1 is the folder `out`.
    void install_script(const std::string& body, mode_t mode = 0755) const {
        install("#!/bin/sh\n" + body + "\n", mode);
    }
    void install(const std::string& content, mode_t mode = 0755) const {
        const Path image = settings.install_root / "bin/agent";
        // Beside it first: a running image cannot be written to.
        std::ofstream{image.string() + ".new"} << content;
        REQUIRE(::chmod((image.string() + ".new").c_str(), mode) == 0);
        std::filesystem::rename(image.string() + ".new", image);
    }
    Path out(const std::string& name) const { return folder_ / "out" / name; }
    Layout layout() const { return Layout{settings}; }
    ServiceStatus status() const { return *services->status("agent"); }

    template <class Condition>
    bool run_until(Condition condition) const {
        const Instant deadline = EventLoop::now() + plenty;
        // Files appear without an event: look again every few milliseconds.
        while (!condition() && EventLoop::now() < deadline) loop->run_once(EventLoop::now() + 2ms);
        return condition();
    }
    bool run_until_there(const std::string& name) const {
        return run_until([&] { return std::filesystem::exists(out(name)); });
    }

    TempFolder folder_;
    Settings settings;
    ChildOptions options;
    std::unique_ptr<EventLoop> loop;
    std::unique_ptr<ChildServices> services;
    std::vector<Exit> exits;
};

inline bool is_running(std::int64_t pid) {
    const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
    const auto name_end = stat.rfind(')');
    return name_end != std::string::npos && stat.at(name_end + 2) != 'Z';
}

inline constexpr const char* until_told = "echo $$ > $1/up.new; mv $1/up.new $1/up; exec sleep 600";

}  // namespace update::test
