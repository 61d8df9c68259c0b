// The programs themselves as services: agent and watchdog of this build, and updatectl as an administrator
// calls it.
#include "windows/services/product.hpp"

#include "os/process_id.hpp"
#include "os/program.hpp"

using namespace update;
using namespace update::test;

TEST_CASE("an installed product runs as two services and says what it is in the registry (I5, I8)") {
    Product product;
    product.install();
    CHECK(product.eventually([&] { return product.published("Version") == "1.0.0"; }));
    CHECK(product.published("ServerUrl") == "wss://localhost:1/agent");
    CHECK(product.published("AgentId") == "probe");
}

TEST_CASE("the agent's key is sealed at its first start") {
    Product product;
    product.install();
    const auto first_line = [&] {
        std::ifstream file{product.key()};
        std::string line;
        std::getline(file, line);
        return line;
    };
    CHECK(product.eventually([&] { return first_line().starts_with("dpapi:"); }));
}

TEST_CASE(
    "an update goes over the watchdog's service and is committed; the new version runs as the service and "
    "says so "
    "in the registry (I8)") {
    Product product;
    product.install();
    const auto before = product.state().pid;
    const auto answer = product.update_to_1_1();
    INFO(answer.output);
    REQUIRE(answer.code == 0);
    const auto result = answer.json();
    REQUIRE(result.is_object());
    CHECK(result["outcome"]["ending"] == "committed");
    CHECK(result["outcome"]["route"] == "watchdog");
    CHECK(product.eventually([&] { return product.published("Version") == "1.1.0"; }));
    CHECK(product.runs(product.agent()));
    CHECK(product.state().pid != before);
}

TEST_CASE("without a server_url the compiled-in one counts, and the registry says which (I5)") {
    Product product{""};
    product.install();
    CHECK(product.eventually([&] { return product.published("ServerUrl") == "wss://localhost:8443/agent"; }));
}

TEST_CASE("a set with a file becomes new as a whole, and old as a whole where its agent crashes (I9)") {
    Product product;
    const fs::path text = product.settings().install_root / "words.txt",
                   fresh = product.folder() / "fresh.txt";
    std::ofstream{text} << "old words";
    std::ofstream{fresh} << "new words";
    product.install();
    const std::string words = "file:words.txt=" + fresh.string();
    const auto bad =
        product.update_to("1.2.0", {product.item("agent", "agent.exe", "agent-1.2-crashes.exe"), words});
    INFO(bad.output);
    CHECK(bad.code != 0);
    CHECK(bad.json()["outcome"]["ending"] == "rolled-back");
    CHECK_FALSE(product.same_content(text, fresh));
    CHECK(
        product.same_content(product.settings().install_root / "agent.exe", product.built("agent-1.0.exe")));
    CHECK(product.runs(product.agent()));

    const auto good =
        product.update_to("1.1.0", {product.item("agent", "agent.exe", "agent-1.1.exe"), words});
    INFO(good.output);
    CHECK(good.json()["outcome"]["ending"] == "committed");
    CHECK(product.same_content(text, fresh));
    CHECK(product.eventually([&] { return product.published("Version") == "1.1.0"; }));
}

TEST_CASE("what a program runs from that no setting names steps aside, and is swept once it has ended") {
    Product product;
    const fs::path tray = product.settings().install_root / "tray.exe",
                   fresh = product.folder() / "fresh.exe";
    fs::copy_file(product.folder() / "probe.exe", tray);
    std::ofstream{fresh} << "the next tray program";
    product.install();
    const auto running =
        make_processes()->break_away({tray, {"hold", (product.folder() / "tray.lock").string()}, {}}, 10s);
    REQUIRE_MESSAGE(running, (running ? "" : running.error().message()));
    const auto answer = product.update_to(
        "1.1.0", {product.item("agent", "agent.exe", "agent-1.1.exe"), "file:tray.exe=" + fresh.string()});
    INFO(answer.output);
    CHECK(answer.json()["outcome"]["ending"] == "committed");
    CHECK(product.same_content(tray, fresh));
    CHECK(is_alive(*running));
    CHECK(fs::exists(tray.string() + ".old"));
    CHECK(kill_process(*running));
    CHECK(product.eventually([&] { return !fs::exists(tray.string() + ".old"); }));
}

TEST_CASE("an update of the watchdog itself ends with the new one as the service") {
    Product product;
    product.install();
    const auto before = product.state_of(product.watchdog()).pid;
    const auto answer =
        product.update_to("1.1.0", {product.item("agent", "agent.exe", "agent-1.1.exe"),
                                    product.item("watchdog", "watchdog.exe", "watchdog-1.1.exe")});
    INFO(answer.output);
    CHECK(answer.json()["outcome"]["ending"] == "committed");
    CHECK(product.same_content(product.settings().install_root / "watchdog.exe",
                               product.built("watchdog-1.1.exe")));
    CHECK(product.eventually([&] {
        const ScmState now = product.state_of(product.watchdog());
        return now.phase == ScmPhase::running && now.pid != before;
    }));
    CHECK(product.eventually([&] {
        return product.control({"status", "--json"}).output.find("1.1.0") != std::string::npos;
    }));
}

TEST_CASE("a new watchdog that crashes leaves the old one as the service, and the set is old again") {
    Product product;
    product.install();
    // Of another version, and it crashes only when it has to work: no self-test.
    const auto answer = product.update_to(
        "1.1.0", {product.item("agent", "agent.exe", "agent-1.1.exe"),
                  "watchdog:watchdog.exe=" + product.built("watchdog-1.2-crashes.exe").string()});
    INFO(answer.output);
    CHECK(answer.json()["outcome"]["ending"] == "rolled-back");
    CHECK(product.same_content(product.settings().install_root / "watchdog.exe",
                               product.built("watchdog-1.0.exe")));
    CHECK(
        product.same_content(product.settings().install_root / "agent.exe", product.built("agent-1.0.exe")));
    CHECK(product.runs(product.watchdog()));
    CHECK(product.runs(product.agent()));
}

TEST_CASE("a watchdog whose service was deleted is brought back by the agent's next start (I3)") {
    Product product;
    product.install();
    REQUIRE(product.scm().ask_to_stop(product.watchdog()));
    REQUIRE(
        product.eventually([&] { return product.state_of(product.watchdog()).phase == ScmPhase::stopped; }));
    REQUIRE(product.scm().remove(product.watchdog()));
    REQUIRE(product.eventually([&] { return !product.scm().state(product.watchdog()); }));
    REQUIRE(product.scm().ask_to_stop(product.agent()));
    REQUIRE(product.reaches(ScmPhase::stopped));
    product.start();
    CHECK(product.runs(product.watchdog()));
}

TEST_CASE("an agent that was killed is started again by the watchdog") {
    Product product;
    product.install();
    const auto before = product.state().pid;
    product.kill();
    CHECK(product.eventually([&] {
        const ScmState now = product.state();
        return now.phase == ScmPhase::running && now.pid != 0 && now.pid != before;
    }));
}

TEST_CASE("an agent that an administrator stopped stays so, and the watchdog says that it is held") {
    Product product;
    product.install();
    REQUIRE(product.scm().ask_to_stop(product.agent()));
    REQUIRE(product.reaches(ScmPhase::stopped));
    CHECK(is_held(product.state(), ScmStop::by_others));
    CHECK(product.eventually([&] {
        std::string text = product.control({"status", "--json"}).output;
        std::erase(text, ' ');
        return text.find("\"held\":true") != std::string::npos;
    }));
    CHECK(product.state().phase == ScmPhase::stopped);
}

TEST_CASE("print shows the services, and repair finds nothing after install") {
    Product product;
    const auto text = product.control({"service", "print"});
    CHECK(text.code == 0);
    CHECK(text.output.find("FailureActions=restart after 10 s, then command after 10 s") !=
          std::string::npos);
    product.install();
    const auto repaired = product.control({"service", "repair"});
    CHECK(repaired.code == 0);
    CHECK(repaired.output.find("nothing to mend") != std::string::npos);
}
