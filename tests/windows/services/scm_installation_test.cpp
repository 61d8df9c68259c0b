#include <doctest/doctest.h>

#include "os/event_log.hpp"
#include "os/files.hpp"
#include "os/process_id.hpp"
#include "os/security.hpp"
#include "os/service_manager.hpp"
#include "service/scm_command_line.hpp"
#include "windows/services/endpoint.hpp"

using namespace update;
using namespace update::test;

namespace {

constexpr unsigned long disabled = 4, manual = 3;

/// Agent and watchdog, both the probe.
struct Product : Endpoint {
    explicit Product(std::vector<std::string> mode = {"run"}) : Endpoint{std::move(mode)} {
        settings().watchdog_path = "watchdog.exe";
    }
    std::unique_ptr<Files> files = make_files();

    void install(service_manager::Start start = service_manager::Start::yes) {
        const auto installed = service_manager::install(settings(), *files, start);
        REQUIRE_MESSAGE(installed, (installed ? "" : installed.error().message()));
    }
    std::vector<std::string> repair() {
        auto repaired = service_manager::repair(settings(), *files);
        REQUIRE_MESSAGE(repaired, (repaired ? "" : repaired.error().message()));
        return *repaired;
    }
    std::vector<std::string> ensure_watchdog() {
        auto ensured = service_manager::ensure_watchdog(settings(), *files);
        REQUIRE_MESSAGE(ensured, (ensured ? "" : ensured.error().message()));
        return *ensured;
    }
    bool is_installed(const std::string& service) { return scm().state(service).has_value(); }
    bool runs(const std::string& service) {
        return eventually([&] { return state_of(service).phase == ScmPhase::running; });
    }
};

}  // namespace

TEST_CASE("install makes and starts both services, and remove leaves none") {
    Product product;
    product.install();
    CHECK(product.runs(product.agent()));
    CHECK(product.runs(product.watchdog()));
    const auto removed = service_manager::remove(product.settings(), *product.files);
    REQUIRE_MESSAGE(removed, (removed ? "" : removed.error().message()));
    CHECK_FALSE(product.is_installed(product.agent()));
    CHECK_FALSE(product.is_installed(product.watchdog()));
    CHECK(service_manager::remove(product.settings(), *product.files));
}

TEST_CASE("a program that never gets ready takes no stop, and is killed so that its service can be removed") {
    Product product{{"hang"}};
    product.settings().programs.front().stop_timeout = std::chrono::milliseconds{300};
    product.install();
    REQUIRE(product.state().phase == ScmPhase::starting);
    const auto process = identify(product.state().pid);
    REQUIRE(process);
    const auto removed = service_manager::remove(product.settings(), *product.files);
    REQUIRE_MESSAGE(removed, (removed ? "" : removed.error().message()));
    CHECK_FALSE(is_alive(*process));
    CHECK_FALSE(product.is_installed(product.agent()));
    CHECK_FALSE(product.is_installed(product.watchdog()));
}

TEST_CASE("install twice changes nothing, and repair finds nothing to mend") {
    Product product;
    product.install();
    const auto pid = product.state().pid;
    product.install();
    CHECK(product.state().pid == pid);
    CHECK(product.repair().empty());
}

TEST_CASE("services that a package created get a source of events, which goes with them") {
    Product product;
    for (const ScmService& service : scm_services(product.settings())) REQUIRE(product.scm().create(service));
    const auto is_source = [](const std::string& name) { return is_event_source(name).value_or(false); };
    REQUIRE_FALSE(is_source(product.agent()));
    CHECK(product.repair().size() == 3);  // two sources, and the watchdog was stopped
    CHECK(is_source(product.agent()));
    CHECK(is_source(product.watchdog()));
    CHECK(product.repair().empty());
    REQUIRE(service_manager::remove(product.settings(), *product.files));
    CHECK_FALSE(is_source(product.agent()));
    CHECK_FALSE(is_source(product.watchdog()));
}

TEST_CASE("a missing watchdog is brought back and started (I3)") {
    Product product;
    product.create();  // the agent alone, as the endpoints of the incident were
    CHECK(product.ensure_watchdog().size() == 2);
    CHECK(product.runs(product.watchdog()));
    CHECK(product.ensure_watchdog().empty());
}

TEST_CASE("a watchdog that an administrator stopped or disabled stays so") {
    Product product;
    product.install();
    REQUIRE(product.runs(product.watchdog()));
    REQUIRE(product.scm().ask_to_stop(product.watchdog()));
    REQUIRE(
        product.eventually([&] { return product.state_of(product.watchdog()).phase == ScmPhase::stopped; }));
    CHECK(product.ensure_watchdog().empty());
    CHECK(product.repair().empty());
    product.set_start_type(product.watchdog(), disabled);
    CHECK(product.repair().empty());
    CHECK(product.state_of(product.watchdog()).phase == ScmPhase::stopped);
    CHECK(product.state_of(product.watchdog()).start == StartType::disabled);
}

TEST_CASE("a watchdog that has not been started since boot is started") {
    Product product;
    product.install(service_manager::Start::no);
    CHECK(product.ensure_watchdog().size() == 1);
    CHECK(product.runs(product.watchdog()));
}

TEST_CASE("the command line of our own service is what it was again, in quotes") {
    Product product;
    product.install();
    const std::string program = (product.settings().install_root / "agent.exe").string();
    product.set_command_line(product.agent(), program + " service other");  // unquoted, with a space
    CHECK(product.repair().size() == 1);
    const auto config = product.scm().config(product.agent());
    REQUIRE(config);
    CHECK(config->command_line == product.wanted().command_line);
}

TEST_CASE("somebody else's service of our name is not taken over, but its program is put in quotes") {
    Product product;
    product.settings().watchdog_path.clear();
    product.create();
    const std::string theirs = (product.folder() / "their own" / "wrapper.exe").string();
    product.set_command_line(product.agent(), theirs + " -x");
    const auto installed =
        service_manager::install(product.settings(), *product.files, service_manager::Start::no);
    REQUIRE_FALSE(installed);
    CHECK(installed.error().code() == ErrorCode::refused);
    CHECK(product.repair().size() == 1);
    const auto config = product.scm().config(product.agent());
    REQUIRE(config);
    CHECK(config->command_line == '"' + theirs + "\" -x");
    REQUIRE(service_manager::remove(product.settings(), *product.files));
    CHECK(product.is_installed(product.agent()));
}

TEST_CASE("an administrator's start type is found by the doctor and kept by repair") {
    Product product;
    product.install();
    product.set_start_type(product.agent(), manual);
    CHECK(product.repair().empty());
    CHECK(product.state().start == StartType::manual);
    const auto findings = service_manager::check_agent(product.settings());
    REQUIRE(findings);
    CHECK(std::count_if(findings->begin(), findings->end(), [](const Finding& f) {
              return f.what.find("manual") != std::string::npos && f.cure.starts_with("sc.exe config");
          }) == 1);
}

TEST_CASE(
    "the services of watchdog and companions are judged as the agent's is, and a missing one is found") {
    Product product;
    product.settings().programs.push_back({.name = "db", .path = "watchdog.exe", .arguments = {}});
    product.install(service_manager::Start::no);
    const std::string companion = product.settings().product + "-db";
    const auto bad = [&](const std::string& service) {
        std::vector<std::string> cures;
        for (const auto& check : service_manager::check_others(product.settings())) {
            if (check.service != service) continue;
            if (!check.findings) cures.push_back(check.findings.error().message());
            if (!check.findings) continue;
            for (const Finding& finding : *check.findings)
                if (finding.cure.starts_with("sc.exe config " + service)) cures.push_back(finding.cure);
        }
        return cures.size();
    };
    CHECK(service_manager::check_others(product.settings()).size() == 2);
    CHECK(bad(product.watchdog()) == 0);
    CHECK(bad(companion) == 0);
    product.set_start_type(product.watchdog(), manual);
    CHECK(bad(product.watchdog()) == 1);
    REQUIRE(product.scm().remove(companion));
    CHECK(bad(companion) == 1);
}

TEST_CASE("recovery that somebody took away is written again and read back (I7)") {
    UPDATE_SKIP_UNDER_WINE("its service manager has no recovery");
    Product product;
    product.install();
    const auto now = product.scm().config(product.agent());
    REQUIRE(now);
    ScmService without = product.wanted();
    without.recovery = {};
    REQUIRE(product.scm().change(without, {.recovery = true}));
    CHECK(product.repair().size() == 1);
    const auto config = product.scm().config(product.agent());
    REQUIRE(config);
    CHECK(config->recovery == product.wanted().recovery);
}

TEST_CASE("an administrator may change services") { CHECK(service_manager::may_change()); }
