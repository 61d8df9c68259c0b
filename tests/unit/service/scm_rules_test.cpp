#include "service/scm_rules.hpp"

#include <doctest/doctest.h>
#include <functional>

using namespace update;
using namespace std::chrono_literals;
using Kind = FailureAction::Kind;

namespace {

Settings acme() {
    Settings settings;
    settings.product = "acme";
    settings.install_root = R"(C:\Program Files\acme)";
    settings.programs = {{.name = "agent", .path = "agent.exe", .arguments = {"--config", "x"}}};
    return settings;
}

ScmService wanted() { return scm_services(acme()).front(); }

/// As the SCM would read back what we wrote.
ScmConfig good() {
    const ScmService service = wanted();
    return {StartType::automatic, service.command_line, "LocalSystem",    service.display_name,
            service.description,  service.delayed,      service.recovery, service_dacl};
}

std::vector<std::string> wrong_with(const ScmConfig& config, const Settings& settings = acme()) {
    std::vector<std::string> what;
    for (const Finding& finding : check_recovery(config, wanted(), settings)) {
        CHECK(finding.ok == finding.cure.empty());
        if (!finding.ok) what.push_back(finding.what);
    }
    return what;
}

std::size_t wrong_when(const std::function<void(ScmConfig&)>& change) {
    ScmConfig config = good();
    change(config);
    return wrong_with(config).size();
}

ScmChanges mended_when(const std::function<void(ScmConfig&)>& change, MadeBy by = MadeBy::us) {
    ScmConfig config = good();
    change(config);
    return changes_for(config, wanted(), by);
}

}  // namespace

TEST_CASE("what we install does what an update needs, and nothing of it is changed again") {
    CHECK(wrong_with(good()).empty());
    CHECK_FALSE(changes_for(good(), wanted(), MadeBy::us).any());
    CHECK_FALSE(changes_for(good(), wanted(), MadeBy::others).any());
}

TEST_CASE("each setting that would keep an agent down is found, by itself") {
    CHECK(wrong_when([](ScmConfig& c) { c.start = StartType::disabled; }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.start = StartType::manual; }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.recovery->after_exit_codes = false; }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.recovery->actions[0].kind = Kind::nothing; }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.recovery->actions[0].kind = Kind::reboot; }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.recovery->actions[0].delay = 60s; }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.recovery->actions.pop_back(); }) == 1);  // nobody counts
    CHECK(wrong_when([](ScmConfig& c) { c.recovery->command = "cmd.exe"; }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.dacl = "D:(A;;GA;;;BU)"; }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.dacl.reset(); }) == 1);
    CHECK(wrong_when([](ScmConfig& c) { c.command_line = R"("C:\other.exe")"; }) == 1);
}

TEST_CASE("a recovery after 60 s is found, and mended to 10 s (I7)") {
    const auto slow = [](ScmConfig& c) {
        for (FailureAction& action : c.recovery->actions) action.delay = 60s;
    };
    ScmConfig config = good();
    slow(config);
    CHECK(wrong_with(config) == std::vector<std::string>{"is started again later than after 10 s"});
    CHECK(mended_when(slow).recovery);
    CHECK(mended_when(slow, MadeBy::others).recovery);
    for (const FailureAction& action : wanted().recovery.actions) CHECK(action.delay == 10s);
}

TEST_CASE("no recovery at all is found, also when its last action is to do nothing") {
    CHECK(wrong_when([](ScmConfig& c) { c.recovery = Recovery{}; }) == 3);
    CHECK(wrong_when([](ScmConfig& c) { c.recovery->actions.push_back({Kind::nothing, 0s}); }) == 2);
}

TEST_CASE("what was prepared for an exchange closes no route, and is taken back with the next repair") {
    const auto prepare = [](ScmConfig& c) { c.recovery = command_first(*c.recovery); };
    CHECK(wrong_when(prepare) == 0);
    CHECK(mended_when(prepare) == ScmChanges{.recovery = true});
}

TEST_CASE("an SCM without recovery closes the route unless another supervisor is configured") {
    ScmConfig config = good();
    config.recovery.reset();
    CHECK(wrong_with(config).size() == 1);
    Settings settings = acme();
    settings.restarted_on_failure = true;
    CHECK(wrong_with(config, settings).empty());
}

TEST_CASE("an administrator's start type is found and never changed") {
    CHECK_FALSE(mended_when([](ScmConfig& c) { c.start = StartType::disabled; }).any());
    CHECK_FALSE(mended_when([](ScmConfig& c) {
                    c.start = StartType::manual;
                    c.delayed = false;
                }).any());
}

TEST_CASE("our own services become what we want, each part by itself") {
    CHECK(mended_when([](ScmConfig& c) { c.recovery->forget_after = 1s; }).recovery);
    CHECK(mended_when([](ScmConfig& c) { c.delayed = false; }).delayed);
    CHECK(mended_when([](ScmConfig& c) { c.command_line += " -x"; }).command_line);
    CHECK(mended_when([](ScmConfig& c) { c.description = ""; }).names);
    CHECK(mended_when([](ScmConfig& c) { c.dacl = "D:(A;;GA;;;BU)"; }).dacl);
}

TEST_CASE("of somebody else's service only what keeps the agent down or lets strangers in is changed") {
    const auto others = [](const std::function<void(ScmConfig&)>& change) {
        return mended_when(change, MadeBy::others);
    };
    CHECK_FALSE(others([](ScmConfig& c) { c.description = "theirs"; }).any());
    CHECK_FALSE(others([](ScmConfig& c) { c.command_line = R"("D:\wrapper.exe")"; }).any());
    CHECK_FALSE(others([](ScmConfig& c) { c.recovery->forget_after = 1s; }).any());
    CHECK_FALSE(others([](ScmConfig& c) { c.delayed = false; }).any());
    CHECK(others([](ScmConfig& c) { c.recovery->after_exit_codes = false; }).recovery);
    CHECK(others([](ScmConfig& c) { c.recovery->actions.clear(); }).recovery);
    CHECK(others([](ScmConfig& c) { c.command_line = R"(C:\Program Files\x.exe)"; }).command_line);
    CHECK(others([](ScmConfig& c) { c.dacl = "D:(A;;GA;;;BU)"; }).dacl);
}

TEST_CASE("a service is ours when its program lies in our install root") {
    const auto ours = [](const char* line) {
        ScmConfig config;
        config.command_line = line;
        return is_ours(config, acme());
    };
    CHECK(ours(R"("C:\Program Files\acme\agent.exe" service acme)"));
    CHECK(ours(R"("c:\program files\ACME\bin\agent.exe")"));
    CHECK(ours(R"(C:\Program Files\acme\agent.exe service other)"));  // as Windows would start it, too
    CHECK_FALSE(ours(R"("C:\Program Files\acme2\agent.exe")"));
    CHECK_FALSE(ours(R"("C:\Program Files\acme")"));
    CHECK_FALSE(ours(R"("C:\Windows\nssm.exe" "C:\Program Files\acme\agent.exe")"));
    CHECK_FALSE(ours(""));
}
