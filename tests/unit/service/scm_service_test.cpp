#include "service/scm_service.hpp"

#include <doctest/doctest.h>

#include "service/scm_command_line.hpp"

using namespace update;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;
using Kind = FailureAction::Kind;

namespace {

Settings acme() {
    Settings settings;
    settings.product = "acme";
    settings.install_root = R"(C:\Program Files\acme)";
    settings.file = R"(C:\ProgramData\acme\update.toml)";
    settings.programs = {{.name = "agent", .path = "bin/agent.exe", .arguments = {"--config", "a b.toml"}},
                         {.name = "extra", .path = "extra.exe", .arguments = {}}};
    settings.watchdog_path = "watchdog.exe";
    return settings;
}

std::string slashes(std::string text) {
    for (char& c : text)
        if (c == '/') c = '\\';
    return text;
}

}  // namespace

TEST_CASE("services are named after the product, companions and watchdog beside it, or as configured") {
    Settings settings = acme();
    const auto services = scm_services(settings);
    REQUIRE(services.size() == 3);
    CHECK(services[0].name == "acme");
    CHECK(services[1].name == "acme-extra");
    CHECK(services[2].name == "acme-watchdog");
    settings.programs[0].unit = "AcmeAgent";
    settings.service.watchdog_unit = "AcmeDog";
    CHECK(scm_services(settings)[0].name == "AcmeAgent");
    CHECK(scm_services(settings)[2].name == "AcmeDog");
}

TEST_CASE("agent and watchdog are told that they are services, and which") {
    const auto services = scm_services(acme());
    CHECK(words_of_command_line(services[0].command_line) ==
          Words{R"(C:\Program Files\acme\bin\agent.exe)", "service", "acme", "--config", "a b.toml"});
    CHECK(words_of_command_line(services[2].command_line) == Words{R"(C:\Program Files\acme\watchdog.exe)",
                                                                   "service", "acme-watchdog", "--config",
                                                                   R"(C:\ProgramData\acme\update.toml)"});
    CHECK(words_of_command_line(services[1].command_line) == Words{R"(C:\Program Files\acme\extra.exe)"});
    for (const ScmService& service : services) CHECK_FALSE(is_ambiguous(service.command_line));
}

TEST_CASE("the agent is restarted after 10 s, and from the second failure on by the guard, who counts") {
    const auto recovery = scm_services(acme())[0].recovery;
    CHECK(recovery.actions == std::vector<FailureAction>{{Kind::restart, 10s}, {Kind::run_command, 10s}});
    CHECK(recovery.after_exit_codes);
    CHECK(slashes(words_of_command_line(recovery.command).at(0)) ==
          R"(C:\Program Files\acme\bin\.guard-agent.exe)");
    CHECK(words_of_command_line(recovery.command).back() == "--update-rescue");
}

TEST_CASE("while the agent exchanges its own program, the guard comes after the first failure, too") {
    const auto recovery = scm_services(acme())[0].recovery;
    const auto prepared = command_first(recovery);
    CHECK(prepared.actions == std::vector<FailureAction>{{Kind::run_command, 10s}, {Kind::run_command, 10s}});
    CHECK(prepared.command == recovery.command);
    CHECK(prepared.after_exit_codes);
    const auto plain = scm_services(acme())[1].recovery;
    CHECK(command_first(plain) == plain);  // there is nobody to call
}

TEST_CASE("a program that knows nothing of libupdate is restarted for ever and called without our words") {
    Settings settings = acme();
    settings.trial.probe.kind = Readiness::process_age;
    const ScmService agent = scm_services(settings)[0];
    CHECK(agent.recovery.command.empty());
    CHECK(agent.recovery.actions == std::vector<FailureAction>{{Kind::restart, 10s}});
    CHECK(words_of_command_line(agent.command_line) ==
          Words{R"(C:\Program Files\acme\bin\agent.exe)", "--config", "a b.toml"});
}

TEST_CASE("our own list lets nobody but administrators and the system change a service") {
    CHECK(strangers_in(service_dacl).empty());
}

TEST_CASE("whoever else may change, delete or take over a service is named") {
    CHECK(strangers_in("D:(A;;CCDCLC;;;AU)") == Words{"AU"});  // change its configuration
    CHECK(strangers_in("D:(A;;CCLCSD;;;IU)(A;;LCWD;;;WD)(A;;LCWO;;;S-1-5-21-1-2-3-1001)") ==
          Words{"IU", "WD", "S-1-5-21-1-2-3-1001"});
    CHECK(strangers_in("D:(A;;GA;;;BU)") == Words{"BU"});
    CHECK(strangers_in("D:(A;;0xf01ff;;;BU)") == Words{"BU"});
    CHECK(strangers_in("D:(A;;0x2;;;BU)") == Words{"BU"});
    CHECK(strangers_in("D:NO_ACCESS_CONTROL") == Words{"everybody"});
    CHECK(strangers_in("O:SYG:SY") == Words{"everybody"});
}

TEST_CASE("whoever may only look, start or stop, or is denied, is no stranger") {
    CHECK(strangers_in("D:(A;;CCLCSWLOCRRC;;;AU)(A;;RPWP;;;IU)(A;;0x9d;;;BU)(D;;DC;;;WD)").empty());
    // "SWDT" has neither SW D nor WD in it, but the letters WD across two rights.
    CHECK(strangers_in("D:(A;;SWDT;;;AU)").empty());
}

TEST_CASE("the text names all that an administrator wants to compare") {
    const std::string text = to_text(scm_services(acme())[0]);
    for (const char* part :
         {"[acme]", "Start=automatic, delayed", "restart after 10 s, then command after 10 s",
          "FailureActionsOnNonCrashFailures=yes", "--update-rescue", "Security=D:(A;;"})
        CHECK(text.find(part) != std::string::npos);
}
