#include "story.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace update::test {

namespace fs = std::filesystem;

Overrides with(Overrides base, const Overrides& more) {
    for (const auto& [key, value] : more) base[key] = value;
    return base;
}

void check_facts(const Outcome& end, const std::string& from, const std::string& to) {
    CAPTURE(to_json(end));
    CHECK(end.from_version == from);
    CHECK(end.to_version == to);
    CHECK(end.route != Route::none);
    CHECK(end.bytes > 0);
    CHECK(end.duration_ms > 0);
    CHECK(end.ended_at_unix_ms > 0);
    REQUIRE(end.downtime_us.has_value());
    CHECK(*end.downtime_us > 0);
    CHECK(*end.downtime_us < end.duration_ms * 1000);
}

void check_nothing_left(Endpoint& endpoint, const std::vector<std::string>& expected) {
    const std::string left = fmt::format("{}", fmt::join(endpoint.leftovers(expected), " "));
    CHECK(left == "");
    await(
        "no process of the update is left", 10s,
        [&] {
            return endpoint.pid_of(Endpoint::Who::helper) < 0 && endpoint.pid_of(Endpoint::Who::guardian) < 0;
        },
        [&] { return endpoint.logs(); });
    await(
        "the server has confirmed every outcome", 20s,
        [&] { return endpoint.unconfirmed_outcomes().empty(); }, [&] { return endpoint.logs(); });
}

void check_old_version_runs(Endpoint& endpoint) {
    endpoint.await_session_of("1.0.0");
    CHECK(endpoint.installed("bin/agent") == read_file(built_version("agent-1.0")));
    CHECK(endpoint.installed("bin/watchdog") == read_file(built_version("watchdog-1.0")));
}

bool is_quarantined(const Endpoint& endpoint, const std::string& version) {
    const auto policy = nlohmann::json::parse(read_file(endpoint.layout().policy()), nullptr, false);
    for (const auto& entry : policy.value("quarantine", nlohmann::json::array()))
        if (entry["version"] == version) return true;
    return false;
}

fs::path file_of(Endpoint& endpoint, const std::string& name, const std::string& content) {
    const fs::path file = endpoint.folder() / name;
    write_file(file, content);
    return file;
}

Gate::Gate(Endpoint& endpoint, const std::string& version)
    : endpoint_{endpoint}, fifo_{endpoint.folder() / "gate"}, reached_{endpoint.folder() / "gate.reached"} {
    REQUIRE(::mkfifo(fifo_.c_str(), 0600) == 0);
    endpoint.install("bin/gate", "#!/bin/sh\n", 0755);
    item_ = {.role = Role::file,
             .install_path = "bin/gate",
             .source = file_of(endpoint, "gate.new",
                               "#!/bin/sh\n: > " + reached_.string() + "\nread nothing < " + fifo_.string() +
                                   "\necho " + version + "\n")};
}

void Gate::await_reached() {
    await(
        "the update reaches the gate", 20s, [&] { return fs::exists(reached_); },
        [&] { return endpoint_.logs(); });
}

void Gate::open() {
    await_reached();
    int end = -1;  // it opens as soon as the self-test reads
    await("somebody waits at the gate", 5s,
          [&] { return (end = ::open(fifo_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0; });
    CHECK(::write(end, "\n", 1) == 1);
    ::close(end);
}

HeldUpdate::HeldUpdate(Server& server, const std::string& version, const std::string& version_name,
                       const Overrides& more)
    : endpoint{server, with(with(by_watchdog, {{"trial.self_test_timeout", R"("30s")"}}), more)},
      gate{endpoint, version} {
    endpoint.start_watchdog();
    id = endpoint.offer(version, {agent_item(version_name), gate.item()});
    gate.await_reached();
}

}  // namespace update::test
