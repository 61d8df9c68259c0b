#include "render_findings.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <set>

using namespace update;
using namespace update::ctl;
using nlohmann::json;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

ExplainView crashed() {
    ExplainView view;
    view.running_version = "1.0.0";
    view.update = UpdateRow{"u-1", "1.0.0", "1.2.0", "rolled-back", Route::watchdog, 0, {}, 0, 0};
    view.reason = Reason::crashed;
    view.message = "agent ended with signal 6";
    view.starts = 3;
    return view;
}

}  // namespace

TEST_CASE("findings show the cure below what is bad, and count it") {
    const std::vector<FindingRow> rows{{"config", true, "is valid", ""},
                                       {"key-file", false, "is open", "chmod 0600 key"}};
    const std::string text = findings_text(rows);
    CHECK(contains(text, "ok   config"));
    CHECK(contains(text, "BAD  key-file"));
    CHECK(contains(text, "-> chmod 0600 key"));
    CHECK(text.ends_with("1 to mend\n"));
    CHECK(findings_text({}).ends_with("nothing to mend\n"));
    const json parsed = json::parse(findings_json(rows));
    CHECK(parsed["ok"] == false);
    CHECK(parsed["findings"][1] ==
          json{{"check", "key-file"}, {"ok", false}, {"what", "is open"}, {"cure", "chmod 0600 key"}});
}

TEST_CASE("text from elsewhere cannot steer the terminal") {
    const std::vector<FindingRow> rows{{"config", false, "bad \033[2J", "cure \033[2J"}};
    CHECK_FALSE(contains(findings_text(rows), "\033"));
    ExplainView view = crashed();
    view.message = view.refusal = view.journal_damage = "x\033[2J";
    view.lines = {{0, "u-1", "a\033", "b\033", "c\033"}};
    CHECK_FALSE(contains(explain_text(view), "\033"));
}

TEST_CASE("every reason but none has a meaning of its own") {
    std::set<std::string> meanings;
    for (int n = 0; n <= static_cast<int>(Reason::untrusted); ++n) {
        const std::string meaning = meaning_of(static_cast<Reason>(n));
        CAPTURE(n);
        CHECK(meaning.empty() == (n == 0));
        CHECK(meanings.insert(meaning).second);
    }
}

TEST_CASE("an explanation names what happened, why, and what stands in the way") {
    ExplainView view = crashed();
    view.held = {"tray"};
    view.quarantine = {{"1.2.0", Reason::crashed, "", 1'700'000'000'000}};
    view.attempts = {{"1.2.0", 3, 3}};
    view.unconfirmed = 2;
    const std::string text = explain_text(view);
    for (const char* part :
         {"Version 1.0.0 runs.", "u-1 from 1.0.0 to 1.2.0, ended: rolled-back.", "\"crashed\"", "signal 6",
          "started 3 times", "tray is held", "1.2.0 is quarantined until 2023-11-14 22:13:20 UTC",
          "used up its 3 attempts", "No watchdog answers", "2 outcomes wait"})
        CHECK_MESSAGE(contains(text, part), part, " in ", text);
    const json parsed = json::parse(explain_json(view));
    CHECK(parsed["update"]["reason"] == "crashed");
    CHECK(parsed["attempts"][0]["limit"] == 3);
    CHECK(json::parse(explain_json({}))["update"].is_null());
}

TEST_CASE("a quarantine is listed with its end, an empty one says so") {
    const std::vector<QuarantineRow> bad{{"1.2.0", Reason::not_ready, "hung", 1'700'000'000'000}};
    CHECK(quarantine_text(bad, {}) == "1.2.0  until 2023-11-14 22:13:20 UTC: not-ready (hung)\n");
    CHECK(quarantine_text({}, {}) == "no version is quarantined\n");
    CHECK(json::parse(quarantine_json(bad, {}))["quarantine"][0]["reason"] == "not-ready");
}
