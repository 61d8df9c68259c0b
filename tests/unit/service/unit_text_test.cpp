#include "service/unit_text.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace update;

namespace {

Settings settings() {
    Settings s;
    s.product = "acme";
    s.install_root = "/opt/acme";
    s.state_dir = "/var/lib/acme";
    s.runtime_dir = "/run/acme";
    s.file = "/etc/acme/update.toml";
    s.watchdog_path = "bin/watchdog";
    s.programs = {{"agent", "bin/agent", {"--config", "/etc/acme/update.toml"}, milliseconds{5'000}, ""}};
    return s;
}

std::string unit(const Settings& s, const std::string& name) {
    for (const UnitFile& file : unit_files(s))
        if (file.name == name) return file.text;
    return "";
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a product has units of its own name: agent, companions, watchdog, rescue") {
    Settings s = settings();
    s.programs.push_back({"tray", "bin/tray", {}, milliseconds{1'000}, ""});
    s.programs.push_back({"old", "bin/old", {}, milliseconds{1'000}, "acme-legacy.service"});
    std::vector<std::string> names;
    for (const UnitFile& file : unit_files(s)) names.push_back(file.name);
    CHECK(names == std::vector<std::string>{"acme.service", "acme-tray.service", "acme-legacy.service",
                                            "acme-watchdog.service", "acme-rescue.service"});
}

TEST_CASE("the agent's unit restarts, counts its starts, shows its life and may write only where it must") {
    const std::string text = unit(settings(), "acme.service");
    for (
        const char* line :
        {"Restart=always", "RestartSec=2", "StartLimitIntervalSec=0", "OnFailure=acme-rescue.service",
         "Type=notify", "WatchdogSec=60", "KillMode=mixed", "TimeoutStopSec=5", "StateDirectory=acme",
         "StateDirectoryMode=0700", "RuntimeDirectory=acme", "ProtectSystem=strict", "NoNewPrivileges=yes",
         "WantedBy=multi-user.target",
         R"(ExecStart="/opt/acme/bin/agent" "--config" "/etc/acme/update.toml")",
         R"(ExecStartPre=-"/opt/acme/bin/.guard-agent" "--config" "/etc/acme/update.toml" "--update-guard")"})
        CHECK_MESSAGE(has_line(text, line), line << "\n" << text);
}

TEST_CASE("a program that knows nothing of libupdate is not waited for, and has no guard") {
    Settings s = settings();
    s.trial.probe.kind = Readiness::tcp;
    const std::string text = unit(s, "acme.service");
    CHECK(has_line(text, "Type=exec"));
    CHECK(text.find("ExecStartPre") == std::string::npos);
    CHECK(text.find("WatchdogSec") == std::string::npos);
    CHECK(unit(s, "acme-rescue.service").empty());
}

TEST_CASE("words of a command line stay what they are for systemd") {
    Settings s = settings();
    s.programs.front().arguments = {R"(a "b" \c)", "50%", "$HOME", ""};
    CHECK(unit(s, "acme.service").find(R"("a \"b\" \\c" "50%%" "$$HOME" "")") != std::string::npos);
}

TEST_CASE("folders elsewhere are opened for writing by their paths") {
    Settings s = settings();
    s.state_dir = "/srv/acme/state";
    CHECK(unit(s, "acme.service").find(R"(ReadWritePaths="/opt/acme" "/srv/acme/state")") !=
          std::string::npos);
    s.service.hardened = false;
    CHECK(unit(s, "acme.service").find("ProtectSystem") == std::string::npos);
    CHECK(unit(s, "acme-watchdog.service").find("ProtectSystem=strict") != std::string::npos);
}

TEST_CASE("only what we wrote for this very unit counts as ours") {
    Settings first = settings(), second = settings();
    first.programs.push_back({"db", "bin/db", {}, milliseconds{1'000}, ""});
    second.product = "acme-db";
    for (const UnitFile& file : unit_files(first)) {
        CHECK(written_by(file.text, file) == WrittenBy::us);
        CHECK(written_by("[Unit]\n" + file.text, file) == WrittenBy::somebody);
        CHECK(written_by("", file) == WrittenBy::somebody);
    }
    const UnitFile theirs{"acme-db.service", unit(first, "acme-db.service")};
    const UnitFile ours{"acme-db.service", unit(second, "acme-db.service")};
    CHECK(written_by(theirs.text, ours) == WrittenBy::another_product);
    CHECK(written_by(ours.text, theirs) == WrittenBy::another_product);
    CHECK(written_by(repair_drop_in(first, {}, "").text, repair_drop_in(first, {}, "x")) == WrittenBy::us);
}

TEST_CASE("the drop-in has the guard called where nothing else in the unit calls it") {
    const auto text = [](const std::vector<std::string>& before_start, const std::string& there) {
        UnitRules now;
        now.before_start = before_start;
        return repair_drop_in(settings(), now, there).text;
    };
    const auto calls_guard = [](const std::string& drop_in) {
        return drop_in.find("\nExecStartPre=-\"/opt/acme/bin/.guard-agent\"") != std::string::npos;
    };
    const std::string guard = "/opt/acme/bin/.guard-agent";
    CHECK(calls_guard(text({"/bin/other"}, "")));
    const std::string with = text({}, ""), without = text({guard}, "");
    CHECK_FALSE(calls_guard(without));
    CHECK(calls_guard(text({guard}, with)));
    CHECK_FALSE(calls_guard(text({guard, guard}, with)));
    CHECK_FALSE(calls_guard(text({guard}, without)));
}

TEST_CASE("the drop-in of a program that knows nothing of libupdate names neither guard nor rescue") {
    Settings s = settings();
    s.trial.probe.kind = Readiness::tcp;
    const std::string text = repair_drop_in(s, {}, "").text;
    CHECK(text.find("ExecStartPre") == std::string::npos);
    CHECK(text.find("OnFailure") == std::string::npos);
    CHECK(has_line(text, "Restart=always"));
}
