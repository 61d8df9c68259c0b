#include <doctest/doctest.h>
#include <fstream>

#include "settings/keys.hpp"
#include "settings/settings_toml.hpp"

using namespace update;
using namespace std::chrono_literals;

namespace {

const std::string minimal = R"(install_root = "/opt/agent"
state_dir = "/var/lib/agent"
[[programs]]
path = "bin/agent"
)";

/// `before` goes to line 1, where top-level keys are allowed; `after` behind the minimal file.
Result<Settings> parsed(const std::string& before, const std::string& after = "") {
    return parse_settings(before + "\n" + minimal + after, "u.toml");
}

std::string error_of(const std::string& before, const std::string& after = "") {
    const auto result = parsed(before, after);
    if (result) return "";
    CHECK(result.error().code() == ErrorCode::refused);
    return result.error().message();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a file with only the required keys gives the defaults") {
    const auto settings = parsed("");
    REQUIRE(settings);
    Settings expected;
    expected.install_root = "/opt/agent";
    expected.state_dir = "/var/lib/agent";
    expected.programs.at(0).path = "bin/agent";
    CHECK(*settings == expected);
}

TEST_CASE("a program that cannot report anything needs no acknowledgement, unless one is asked for") {
    const auto unaware = parsed("", "[trial.probe]\nkind = \"process-age\"\n");
    REQUIRE(unaware);
    CHECK(unaware->trial.commit_on == CommitOn::ready);
    const auto asked =
        parsed("", "[trial]\ncommit_on = \"acknowledged\"\n[trial.probe]\nkind = \"process-age\"\n");
    REQUIRE(asked);
    CHECK(asked->trial.commit_on == CommitOn::acknowledged);
    CHECK(parsed("")->trial.commit_on == CommitOn::acknowledged);
}

TEST_CASE("every setting can be given") {
    const auto loaded = parse_settings(R"(
product = "rmm"
install_root = "/opt/x/../rmm/"
state_dir = "/var/lib//rmm/."
watchdog_path = "bin/watchdog"
routes = ["exit-code", "watchdog"]
restarted_on_failure = true
server_url = "wss://control.example:8443/agent?a=b"
agent_id = "host-1.example"
key_file = "/etc/rmm/key"
[[programs]]
name = "main"
path = "bin/main"
arguments = ["--flag", ""]
stop_timeout = "1500ms"
[[programs]]
name = "tray"
path = "bin/tray"
[transfer]
allow_http = true
ca_file = "/etc/rmm/ca.pem"
proxy = "socks5h://proxy:1080"
rate_limit = "2MiB/s"
connect_timeout = "1s"
stall_timeout = "2s"
total_timeout = "3h"
attempts = 4
backoff_first = "5ms"
backoff_max = "6s"
[trial]
ready_timeout = "7s"
ack_timeout = "8s"
self_test_timeout = "9s"
renew_timeout = "10s"
starts_max = 11
commit_on = "ready"
[trial.probe]
kind = "command"
command = ["/bin/true", "x"]
age = "12s"
interval = "13ms"
[policy]
attempts_per_version = 14
quarantine_for = "2d"
allow_downgrade = true
keep_previous = 1
[supervision]
backoff_first = "16ms"
backoff_max = "17s"
budget = 18
budget_window = "19min"
interval = "20s"
)",
                                       "u.toml");
    REQUIRE_MESSAGE(loaded, loaded.error().message());
    Settings expected;
    expected.product = "rmm";
    expected.install_root = "/opt/rmm";
    expected.state_dir = "/var/lib/rmm";
    expected.watchdog_path = "bin/watchdog";
    expected.routes = {Route::exit_code, Route::watchdog};
    expected.restarted_on_failure = true;
    expected.server_url = "wss://control.example:8443/agent?a=b";
    expected.agent_id = "host-1.example";
    expected.key_file = "/etc/rmm/key";
    expected.programs = {{"main", "bin/main", {"--flag", ""}, 1500ms}, {"tray", "bin/tray", {}, 10s}};
    expected.transfer = {true, "/etc/rmm/ca.pem", "socks5h://proxy:1080", 2'097'152, 1s, 2s, 3h, 4, 5ms, 6s};
    expected.trial = {
        7s, 8s, 9s, 10s, 11, CommitOn::ready, {Readiness::command, "", {"/bin/true", "x"}, 12s, 13ms}};
    expected.policy = {14, 48h, true, 1};
    expected.supervision = {16ms, 17s, 18, 19min, 20s};
    CHECK(*loaded == expected);
}

TEST_CASE("each missing required key is named") {
    const auto without = [](const std::string& line) {
        std::string text = minimal;
        text.erase(text.find(line), line.size());
        const auto result = parse_settings(text, "u.toml");
        return result ? "" : result.error().message();
    };
    CHECK(contains(without("install_root = \"/opt/agent\"\n"), "u.toml:1: install_root: is missing; "));
    CHECK(contains(without("state_dir = \"/var/lib/agent\"\n"), "u.toml:1: state_dir: is missing; "));
    CHECK(contains(without("path = \"bin/agent\"\n"), "u.toml:3: programs: "));
    CHECK(contains(without("[[programs]]\npath = \"bin/agent\"\n"), "u.toml:1: programs: "));
}

TEST_CASE("an unknown key is refused with its line and what was probably meant") {
    CHECK(error_of("stat_dir = \"/x\"") == "u.toml:1: stat_dir: is not a known key; did you mean state_dir?");
    CHECK(error_of("ready_timeout = \"1s\"") ==
          "u.toml:1: ready_timeout: is not a known key; did you mean trial.ready_timeout?");
    CHECK(contains(error_of("", "[trial]\nstarts_mx = 3"),
                   "u.toml:7: trial.starts_mx: is not a known key; did you mean trial.starts_max?"));
    CHECK(contains(error_of("", "argument = []"),
                   "programs.argument: is not a known key; did you mean programs.arguments?"));
    CHECK(contains(error_of("", "[trails]\nx = 1"), "trails: is not a known key"));
    CHECK(contains(error_of("colour = 1"), "remove it"));
    CHECK(contains(error_of("\"trial.starts_max\" = 1"), "is not a known key"));
}

TEST_CASE("a key given twice is refused") {
    CHECK(contains(error_of("product = \"a\"\nproduct = \"b\""), "u.toml:2: TOML syntax"));
}

TEST_CASE("every key refuses values of a wrong type, in its line, and names itself") {
    const std::vector<std::string> values{"1",
                                          "-1",
                                          "1.5",
                                          "nan",
                                          "true",
                                          "\"\\u0007\"",
                                          "1979-05-27",
                                          "[1]",
                                          "[[]]",
                                          "{}",
                                          "{ a = 1 }",
                                          "\"nonsense of some kind\"",
                                          "9223372036854775807"};
    for (const auto& key : setting_keys()) {
        const std::string name{key.name};
        unsigned refusals = 0;
        for (const std::string& value : values) {
            CAPTURE(name);
            CAPTURE(value);
            // Dotted keys on the first line, before install_root and state_dir, which are then given twice.
            const std::string text = (name == "install_root" || name == "state_dir")
                                         ? name + " = " + value
                                         : name + " = " + value + "\n" + minimal;
            const auto result = parse_settings(text, "u.toml");
            if (result) continue;
            CHECK(result.error().code() == ErrorCode::refused);
            CHECK(result.error().message().starts_with("u.toml:1: " + name + ": "));
            ++refusals;
        }
        CHECK(refusals >= values.size() - 2);  // one value may be of the right type, and one more in range
    }
}

TEST_CASE("each bad value is refused with key, reason and cure") {
    struct Case {
        const char* before;
        const char* after;
        const char* message;
    };
    const Case cases[] = {
        {"product = \"\"", "", "u.toml:1: product: is not a name; use "},
        {"product = \"a/b\"", "", "product: is not a name"},
        {"watchdog_path = \"/bin/w\"", "", "watchdog_path: has an empty component"},
        {"watchdog_path = \"../w\"", "", "watchdog_path: contains '.' or '..'"},
        {"watchdog_path = \"bin/agent\"", "", "two programs have the same path"},
        {"routes = []", "", "routes: is not a list of different routes"},
        {"routes = [\"none\"]", "", "routes: "},
        {"routes = [\"watchdog\", \"watchdog\"]", "", "routes: "},
        {"routes = [\"exit_code\"]", "", "routes: "},
        {"server_url = \"https://h/agent\"", "", "server_url: is no WebSocket address"},
        {"server_url = \"ws://h/agent\"", "", "server_url: is not encrypted; write wss://host:port/agent"},
        {"server_url = \"ws://h/agent\"", "[transfer]\nallow_http = true",
         "server_url: is not encrypted; write wss://host:port/agent"},
        {"server_url = \"wss:///agent\"", "", "server_url: names no host"},
        {"server_url = \"wss://u:p@h/agent\"", "", "server_url: contains a user name or password"},
        {"server_url = \"wss://h/a b\"", "", "server_url: contains a character"},
        {"server_url = \"wss://h/#x\"", "", "server_url: contains a fragment"},
        {"agent_id = \"a b\"", "", "agent_id: is not a name"},
        {"key_file = \"key\"", "", "key_file: is not an absolute path"},
        {"", "stop_timeout = \"0s\"",
         "programs.stop_timeout: is out of range; write a duration from \"10ms\" to \"1h\""},
        {"", "name = \"../x\"", "programs.name: is not a name"},
        {"", "arguments = [1]", "u.toml:6: programs.arguments: is not a list of texts"},
        {"", "[[programs]]\nname = \"AGENT\"\npath = \"x\"", "two programs have the same name"},
        {"", "[[programs]]\nname = \"b\"\npath = \"bin/agent\"", "two programs have the same path"},
        {"", "[[programs]]\nname = \"watchdog\"\npath = \"x\"",
         "a program is called as one of the product's own"},
        {"", "[[programs]]\nname = \"Rescue\"\npath = \"x\"",
         "a program is called as one of the product's own"},
        {"", "[[programs]]\nname = \"b\"", "there is a program without path"},
        {"", "[transfer]\nca_file = \"ca.pem\"", "transfer.ca_file: is not an absolute path"},
        {"", "[transfer]\nproxy = \"proxy:80\"", "transfer.proxy: is no proxy address"},
        {"", "[transfer]\nrate_limit = \"10\"", "transfer.rate_limit: is not a rate"},
        {"", "[transfer]\nrate_limit = \"1B/s\"", "transfer.rate_limit: is too slow"},
        {"", "[transfer]\nstall_timeout = 60",
         "u.toml:7: transfer.stall_timeout: is not a duration; write a whole number with its unit"},
        {"", "[transfer]\nattempts = 0", "transfer.attempts: is out of range; write a number from 1 to 1000"},
        {"", "[transfer]\nattempts = 4294967297", "transfer.attempts: is out of range"},
        {"", "[transfer]\nbackoff_first = \"1h\"", "transfer.backoff_first: is longer than backoff_max"},
        {"", "[trial]\nready_timeout = \"25h\"", "trial.ready_timeout: is out of range"},
        {"", "[trial]\nstarts_max = 256", "trial.starts_max: is out of range"},
        {"", "[trial]\ncommit_on = \"never\"",
         "trial.commit_on: is none of the words that are known here; write one of \"acknowledged\", "
         "\"ready\""},
        {"", "[trial.probe]\nkind = \"tcp\"", "trial.probe.target: is no host and port"},
        {"", "[trial.probe]\nkind = \"tcp\"\ntarget = \"h:65536\"",
         "trial.probe.target: is no host and port"},
        {"", "[trial.probe]\nkind = \"tcp\"\ntarget = \"http://h:1\"",
         "trial.probe.target: is no host and port"},
        {"", "[trial.probe]\nkind = \"http\"\ntarget = \"file:///x\"",
         "trial.probe.target: is no web address"},
        {"", "[trial.probe]\ntarget = \"h:1\"",
         "u.toml:7: trial.probe.target: means nothing with this kind of probe"},
        {"", "[trial.probe]\nkind = \"command\"\ncommand = [\"true\"]",
         "trial.probe.command: does not begin with the absolute path"},
        {"", "[trial.probe]\nkind = \"command\"", "trial.probe.command: does not begin"},
        {"", "[trial.probe]\ncommand = [\"/bin/true\"]", "trial.probe.command: means nothing"},
        {"", "[trial.probe]\nkind = \"process-age\"\nage = \"2min\"",
         "trial.probe.age: is not reached within trial.ready_timeout"},
        {"", "[policy]\nquarantine_for = \"90min\"", "policy.quarantine_for: is not a whole number of hours"},
        {"", "[policy]\nkeep_previous = 2", "policy.keep_previous: is out of range"},
        {"", "[supervision]\ninterval = \"4s\"",
         "supervision.interval: is out of range; write a duration from \"5s\""},
        {"", "[supervision]\nbackoff_max = \"1ms\"", "supervision.backoff_first: is longer"},
        {"", "[service]\nwatchdog_timeout = \"9s\"",
         "u.toml:7: service.watchdog_timeout: is so short that a busy machine looks like a hang; write "
         "\"10s\" or more, or \"0s\" for never"},
        {"transfer = 1", "", "u.toml:1: transfer: is a section; write [transfer] on a line of its own"},
        {"", "[[transfer]]\nattempts = 1", "transfer: is a section"},
        {"", "[trial]\nprobe = \"tcp\"", "trial.probe: is a section"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.before);
        CAPTURE(c.after);
        const std::string message = error_of(c.before, c.after);
        CHECK_MESSAGE(contains(message, c.message), message);
    }
}

TEST_CASE("folders that cannot hold what they shall are refused") {
    struct Case {
        const char* root;
        const char* state;
        const char* message;
    };
    const Case cases[] = {
        {"opt/agent", "/s", "install_root: is not an absolute path"},
        {"", "/s", "install_root: is not an absolute path"},
        {"/", "/s", "install_root: is the root of a volume"},
        {"/a", "s", "state_dir: is not an absolute path"},
        {"/a", "/x/..", "state_dir: is the root of a volume"},
        {"/a/b", "/a/./c/../b/", "state_dir: is the same folder"},
        {"/a\\u0000b", "/s", "install_root: contains a control character"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.root);
        CAPTURE(c.state);
        const auto text = std::string{"install_root = \""} + c.root + "\"\nstate_dir = \"" + c.state +
                          "\"\nprograms = [{ path = \"a\" }]\n";
        const auto result = parse_settings(text, "u.toml");
        REQUIRE_FALSE(result);
        CHECK(contains(result.error().message(), c.message));
    }
}

TEST_CASE("programs must be a list of sections, and not too long") {
    for (const auto* bad : {"programs = []", "programs = 1", "programs = [1]", "[programs]\npath = \"a\""}) {
        CAPTURE(bad);
        const auto result = parse_settings(bad, "u.toml");
        REQUIRE_FALSE(result);
        CHECK(contains(result.error().message(), "u.toml:1: programs: is a list of sections"));
    }
    std::string many;
    for (int i = 0; i < 16; ++i)
        many +=
            "[[programs]]\nname = \"p" + std::to_string(i) + "\"\npath = \"p" + std::to_string(i) + "\"\n";
    CHECK(contains(error_of("", many), "is too long; list at most 16 programs"));
}

TEST_CASE("no message repeats a value that could be a secret") {
    for (const auto* text :
         {"agent_key = \"s3cr3t\"", "key_file = \"s3cr3t\"", "agent_id = \"s3cr3t \"",
          "server_url = \"wss://u:s3cr3t@h\"", "server_url = \"s3cr3t\"", "transfer.proxy = \"u:s3cr3t@h\"",
          "product = \"s3cr3t/\"", "routes = [\"s3cr3t\"]"}) {
        CAPTURE(text);
        const std::string message = error_of(text);
        CHECK(message != "");
        CHECK_FALSE(contains(message, "s3cr3t"));
    }
}

TEST_CASE("a key cannot put control sequences or pages of text into a message") {
    const std::string message = error_of("\"\\u001b[2J\" = 1");
    CHECK(message != "");
    CHECK_FALSE(contains(message, "\x1b"));
    CHECK(error_of(std::string(100'000, 'x') + " = 1").size() < 300);
}

TEST_CASE("every truncation of a file is settings or a refusal, never a crash") {
    std::ifstream file{EXAMPLE_FILE, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    REQUIRE(text.size() > 1000);
    for (std::size_t size = 0; size < text.size(); ++size) {
        const auto result = parse_settings(text.substr(0, size), "u.toml");
        if (!result) CHECK(result.error().code() == ErrorCode::refused);
    }
}

TEST_CASE("deep nesting and bytes that are not UTF-8 are refused") {
    CHECK(contains(error_of("product = " + std::string(100'000, '[')), "u.toml:1: TOML syntax"));
    CHECK(contains(error_of("product = \"\xff\""), "u.toml:1: TOML syntax"));
    std::string dotted = "a";
    for (int i = 0; i < 1'000'000; ++i) dotted += ".a";
    CHECK(contains(error_of("\n" + dotted + " = 1"), "u.toml:2: file: has too many dots"));
    CHECK(contains(error_of("[" + dotted + "]"), "too many dots"));
    std::string steps;
    for (int i = 0; i < 200; ++i) steps += "a.a.a.a.a.a.a.a = [{\n";
    CHECK(contains(error_of(steps), "too many dots or braces"));
}
