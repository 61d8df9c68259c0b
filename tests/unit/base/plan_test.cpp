#include <doctest/doctest.h>
#include <functional>
#include <nlohmann/json.hpp>

#include <update/plan.hpp>

using namespace update;
using nlohmann::json;

namespace {

Artifact artifact(Role role, const std::string& path) {
    Artifact a;
    a.role = role;
    a.install_path = path;
    a.size_bytes = 1;
    a.sha256.fill(0xab);
    a.urls = {"https://example.org/a", "file:///srv/a"};
    return a;
}

Plan good_plan() {
    Plan plan{"u-1", "agent", "1.0.0", "1.1.0", {}};
    plan.artifacts = {artifact(Role::agent, "bin/agent"), artifact(Role::companion, "bin/tray"),
                      artifact(Role::watchdog, "bin/watchdog"), artifact(Role::file, "share/data")};
    plan.artifacts[0].self_test = true;
    plan.artifacts[3].size_bytes = max_artifact_bytes;
    return plan;
}

ErrorCode code_of(const Result<Plan>& parsed) {
    REQUIRE_FALSE(parsed);
    return parsed.error().code();
}

/// The plan after one change, as JSON, read again.
Result<Plan> parsed_after(const std::function<void(json&)>& change) {
    json value = json::parse(to_json(good_plan()));
    change(value);
    return parse_plan(value.dump());
}

}  // namespace

TEST_CASE("a plan survives the way through JSON") {
    const auto parsed = parse_plan(to_json(good_plan()));
    REQUIRE(parsed);
    CHECK(*parsed == good_plan());
}

TEST_CASE("the largest plan that is valid can be written and read") {
    Plan plan = good_plan();
    plan.artifacts.clear();
    for (std::size_t i = 0; i < max_artifacts; ++i) {
        std::string path = "f" + std::to_string(i);
        while (path.size() + 256 <= 1024) path += "/" + std::string(255, 'd');
        Artifact a = artifact(Role::file, path);
        a.urls.assign(max_mirrors, "https://h/" + std::string(2038, 'u'));
        plan.artifacts.push_back(a);
    }
    REQUIRE(validate(plan));
    const auto parsed = parse_plan(to_json(plan));
    REQUIRE(parsed);
    CHECK(*parsed == plan);
}

TEST_CASE("every truncation of a plan is an error") {
    const std::string text = to_json(good_plan());
    for (std::size_t size = 0; size < text.size(); ++size) {
        CAPTURE(size);
        CHECK(code_of(parse_plan(text.substr(0, size))) == ErrorCode::corrupt);
    }
    CHECK(code_of(parse_plan(text + "x")) == ErrorCode::corrupt);
}

TEST_CASE("a plan with one byte replaced is an error or a valid plan, never a crash") {
    const std::string text = to_json(good_plan());
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const char byte : {'\0', '"', '{', ']', '9', '-', '\x80', '\xff', '\\'}) {
            std::string damaged = text;
            damaged[i] = byte;
            if (const auto parsed = parse_plan(damaged)) CHECK(validate(*parsed));
        }
}

TEST_CASE("each field of a plan refuses every other type and its absence, and is named in the message") {
    const std::vector<json> wrong{
        nullptr, true, 1, -1, 1.5, json::array(), json::object(), json::array({json::array()})};
    const auto text_fields = {"/update_id",         "/product",          "/from_version",
                              "/version",           "/artifacts/1/role", "/artifacts/1/install_path",
                              "/artifacts/1/sha256"};
    for (const auto* field : text_fields)
        for (const json& value : wrong) {
            CAPTURE(field);
            const auto parsed = parsed_after([&](json& plan) { plan[json::json_pointer{field}] = value; });
            CHECK(code_of(parsed) == ErrorCode::corrupt);
            const std::string name = json::json_pointer{field}.back();
            CHECK(parsed.error().message().find(name) != std::string::npos);
        }
    for (const auto* field : {"update_id", "product", "from_version", "version", "artifacts"})
        CHECK(code_of(parsed_after([&](json& plan) { plan.erase(field); })) == ErrorCode::corrupt);
    for (const auto* field : {"role", "install_path", "size_bytes", "sha256", "urls"})
        CHECK(code_of(parsed_after([&](json& plan) { plan["artifacts"][2].erase(field); })) ==
              ErrorCode::corrupt);
}

TEST_CASE("fields of a plan that are not text refuse other types too") {
    struct Case {
        const char* field;
        json value;
    };
    const Case cases[] = {
        {"/artifacts", 1},
        {"/artifacts", "x"},
        {"/artifacts", json::object()},
        {"/artifacts", nullptr},
        {"/artifacts/0", 1},
        {"/artifacts/0", "x"},
        {"/artifacts/0", nullptr},
        {"/artifacts/0", json::array()},
        {"/artifacts/0/size_bytes", "1"},
        {"/artifacts/0/size_bytes", -1},
        {"/artifacts/0/size_bytes", 0},
        {"/artifacts/0/size_bytes", 1.0},
        {"/artifacts/0/size_bytes", (1ULL << 40U) + 1},
        {"/artifacts/0/size_bytes", 18446744073709551615ULL},
        {"/artifacts/0/size_bytes", nullptr},
        {"/artifacts/0/size_bytes", true},
        {"/artifacts/0/urls", "https://h"},
        {"/artifacts/0/urls", {{"0", "https://h"}}},
        {"/artifacts/0/urls", json::array({1})},
        {"/artifacts/0/urls", json::array({nullptr})},
        {"/artifacts/0/self_test", 1},
        {"/artifacts/0/self_test", "true"},
        {"/artifacts/0/self_test", nullptr},
        {"/artifacts/0/role", "Agent"},
        {"/artifacts/0/role", ""},
        {"/artifacts/0/role", "driver"},
        {"/artifacts/0/sha256", ""},
        {"/artifacts/0/sha256", std::string(63, 'a')},
        {"/artifacts/0/sha256", std::string(65, 'a')},
        {"/artifacts/0/sha256", std::string(64, 'g')},
    };
    for (const Case& c : cases) {
        CAPTURE(c.field);
        CAPTURE(c.value.dump());
        CHECK(code_of(parsed_after([&](json& plan) { plan[json::json_pointer{c.field}] = c.value; })) ==
              ErrorCode::corrupt);
    }
}

TEST_CASE("a number too large for any type is an error") {
    std::string text = to_json(good_plan());
    const std::string field = "\"size_bytes\":1,";
    text.replace(text.find(field), field.size(), "\"size_bytes\":" + std::string(400, '9') + ",");
    CHECK(code_of(parse_plan(text)) == ErrorCode::corrupt);
}

TEST_CASE("deep nesting is refused before it is built") {
    for (const std::string& open : {std::string{"["}, std::string{"{\"a\":"}}) {
        std::string text = R"({"x":)";
        for (int i = 0; i < 200'000; ++i) text += open;
        CHECK(code_of(parse_plan(text)) == ErrorCode::corrupt);
    }
}

TEST_CASE("nesting is allowed to 16 levels and no further") {
    const auto nested = [](std::size_t levels) {
        return parsed_after([&](json& plan) {
            plan["new"] = json::parse(std::string(levels, '[') + std::string(levels, ']'));
        });
    };
    CHECK(nested(15));
    CHECK(code_of(nested(16)) == ErrorCode::corrupt);
}

TEST_CASE("JSON that is larger than any plan is refused unread") {
    const auto parsed = parse_plan("{\"a\":\"" + std::string(max_plan_json_bytes, 'x') + "\"}");
    CHECK(code_of(parsed) == ErrorCode::corrupt);
    CHECK(parsed.error().message().find("larger") != std::string::npos);
}

TEST_CASE("what follows a zero byte is not passed over") {
    const std::string text = to_json(good_plan());
    REQUIRE(parse_plan(text).has_value());
    CHECK_FALSE(parse_plan(text + std::string{'\0'}).has_value());
    CHECK_FALSE(parse_plan(text + std::string{"\0{}", 3}).has_value());
}

TEST_CASE("a name that occurs twice in one object is refused") {
    std::string text = to_json(good_plan());
    text.insert(1, "\"version\":\"6.6.6\",");
    const auto parsed = parse_plan(text);
    CHECK(code_of(parsed) == ErrorCode::corrupt);
    CHECK(parsed.error().message().find("twice") != std::string::npos);
}

TEST_CASE("fields that a newer peer adds are ignored") {
    const auto parsed = parsed_after([](json& plan) {
        plan["colour"] = 7;
        plan["artifacts"][0]["os"] = {{"name", "linux"}};
    });
    REQUIRE(parsed);
    CHECK(*parsed == good_plan());
}

TEST_CASE("a plan is refused for each rule that it breaks") {
    struct Case {
        const char* field;
        std::function<void(Plan&)> change;
    };
    const Case cases[] = {
        {"update_id", [](Plan& p) { p.update_id = "../x"; }},
        {"update_id", [](Plan& p) { p.update_id = ""; }},
        {"product", [](Plan& p) { p.product = "a/b"; }},
        {"product", [](Plan& p) { p.product = ""; }},
        {"from_version", [](Plan& p) { p.from_version = ""; }},
        {"version", [](Plan& p) { p.version = "1 2"; }},
        {"artifacts", [](Plan& p) { p.artifacts.clear(); }},
        {"artifacts",
         [](Plan& p) {
             for (int i = 0; i < 61; ++i)
                 p.artifacts.push_back(artifact(Role::file, "f" + std::to_string(i)));
         }},
        {"artifacts", [](Plan& p) { p.artifacts.push_back(artifact(Role::agent, "bin/agent2")); }},
        {"artifacts", [](Plan& p) { p.artifacts.push_back(artifact(Role::watchdog, "bin/watchdog2")); }},
        {"artifacts", [](Plan& p) { p.artifacts.push_back(artifact(Role::file, "bin/agent")); }},
        {"artifacts", [](Plan& p) { p.artifacts.push_back(artifact(Role::file, "BIN/Agent")); }},
        {"artifacts", [](Plan& p) { p.artifacts.push_back(artifact(Role::file, "bin/agent/plugin")); }},
        {"artifacts", [](Plan& p) { p.artifacts.push_back(artifact(Role::file, "Share")); }},
        {"artifacts[0].install_path", [](Plan& p) { p.artifacts[0].install_path = "../agent"; }},
        {"artifacts[1].size_bytes", [](Plan& p) { p.artifacts[1].size_bytes = 0; }},
        {"artifacts[1].size_bytes", [](Plan& p) { p.artifacts[1].size_bytes = max_artifact_bytes + 1; }},
        {"artifacts[2].urls", [](Plan& p) { p.artifacts[2].urls.clear(); }},
        {"artifacts[2].urls", [](Plan& p) { p.artifacts[2].urls.assign(17, "https://h/a"); }},
        {"artifacts[2].urls",
         [](Plan& p) {
             p.artifacts[2].urls = {"https://h/a", "ftp://h/a"};
         }},
    };
    for (const Case& c : cases) {
        Plan plan = good_plan();
        c.change(plan);
        CAPTURE(c.field);
        const auto checked = validate(plan);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().code() == ErrorCode::refused);
        CHECK(checked.error().message().starts_with(c.field + std::string{":"}));
        CHECK_FALSE(parse_plan(to_json(plan)));
    }
}

TEST_CASE("a plan without an agent is fine, and so are many companions and files") {
    Plan plan = good_plan();
    plan.artifacts = {artifact(Role::companion, "a"), artifact(Role::companion, "b"),
                      artifact(Role::file, "ab")};
    CHECK(validate(plan));
    for (int i = 0; plan.artifacts.size() < max_artifacts; ++i)
        plan.artifacts.push_back(artifact(Role::file, "f" + std::to_string(i)));
    CHECK(validate(plan));
}

TEST_CASE("digests are read in both cases and written in lower case") {
    const std::string hex = "00ff" + std::string(60, 'A');
    const auto digest = sha256_from_hex(hex);
    REQUIRE(digest);
    CHECK((*digest)[1] == 0xff);
    CHECK(to_hex(*digest) == "00ff" + std::string(60, 'a'));
}

TEST_CASE("roles have words, and no other word is a role") {
    for (const Role role : {Role::agent, Role::companion, Role::watchdog, Role::file})
        CHECK(role_named(name(role)) == role);
    CHECK_FALSE(role_named("tray"));
}
