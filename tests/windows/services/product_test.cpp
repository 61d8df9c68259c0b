// The programs themselves as services: agent and watchdog of this build, and updatectl as an administrator
// calls it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

#include "os/processes.hpp"
#include "os/registry.hpp"
#include "os/security.hpp"
#include "windows/services/endpoint.hpp"

using namespace update;
using namespace update::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

std::string literal(const fs::path& path) { return '\'' + path.string() + '\''; }

/// Agent 1.0.0 and the watchdog, as an installation lays them down; nobody needs a server to commit.
class Product : public Endpoint {
 public:
    static constexpr const char* server = "server_url = \"wss://localhost:1/agent\"";
    explicit Product(const std::string& server_line = server) {
        install_program("agent-1.0.exe", "agent.exe");
        install_program("watchdog-1.0.exe", "watchdog.exe");
        settings().watchdog_path = "watchdog.exe";
        std::ofstream{config()} << fmt::format(
            "product = \"{}\"\ninstall_root = {}\nstate_dir = {}\nkey_file = {}\nwatchdog_path = "
            "\"watchdog.exe\"\n"
            "agent_id = \"probe\"\n{}\n"
            "[trust]\nmode = \"unsigned\"\n\n[service]\nmanager = \"scm\"\n\n[trial]\ncommit_on = "
            "\"ready\"\nready_timeout = \"60s\"\n\n"
            "[[programs]]\nname = \"agent\"\npath = \"agent.exe\"\narguments = [\"--config\", {}]\n",
            settings().product, literal(settings().install_root), literal(settings().state_dir),
            literal(key()), server_line, literal(config()));
        std::ofstream{key()} << "secret of the probe\n";
    }
    ~Product() { (void)control({"service", "remove", "--purge"}); }

    fs::path config() const { return folder() / "update.toml"; }
    fs::path key() const { return folder() / "agent.key"; }

    static fs::path built(const char* name) { return fs::path{PROGRAMS} / name; }
    void install_program(const char* from, const char* as) {
        fs::copy_file(built(from), settings().install_root / as, fs::copy_options::overwrite_existing);
    }

    struct Answer {
        int code;
        std::string output;
        nlohmann::json json() const {
            const auto begin = output.rfind("\n{");
            return nlohmann::json::parse(begin == std::string::npos ? output : output.substr(begin), nullptr,
                                         false);
        }
    };
    Answer control(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--config", config().string()});
        const auto ran = make_processes()->run({UPDATECTL, arguments, 120s});
        REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().message()));
        return {ran->exit.value, ran->output};
    }
    void install() {
        const Answer installed = control({"service", "install"});
        REQUIRE_MESSAGE(installed.code == 0, installed.output);
        REQUIRE(runs(agent()));
        REQUIRE(runs(watchdog()));
    }
    static std::string item(const char* role, const char* name, const char* program) {
        return fmt::format("{}:{}={},self-test", role, name, built(program).string());
    }
    Answer update_to(const char* version, const std::vector<std::string>& items) {
        std::vector<std::string> arguments{"apply", "--json", "--from", "1.0.0", "--version", version};
        for (const std::string& one : items) arguments.insert(arguments.end(), {"--artifact", one});
        return control(std::move(arguments));
    }
    Answer update_to_1_1() { return update_to("1.1.0", {item("agent", "agent.exe", "agent-1.1.exe")}); }
    static bool same_content(const fs::path& one, const fs::path& other) {
        std::ifstream a{one, std::ios::binary}, b{other, std::ios::binary};
        return std::string{std::istreambuf_iterator<char>{a}, {}} ==
               std::string{std::istreambuf_iterator<char>{b}, {}};
    }
    bool runs(const std::string& service) {
        return eventually([&] {
            const auto now = scm().state(service);
            return now && now->phase == ScmPhase::running;
        });
    }
    std::string published(const char* value) {
        const auto key = RegistryKey::open("SOFTWARE\\" + settings().product);
        if (!key) return "";
        return key->read(value).value_or(std::nullopt).value_or("");
    }
};

}  // namespace

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
    "an update goes over the watchdog's service and is committed; the new version runs as the service") {
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

TEST_CASE("purge leaves nothing but the programs") {
    Product product;
    product.install();
    REQUIRE(product.eventually([&] { return product.published("Version") == "1.0.0"; }));
    const auto purged = product.control({"service", "remove", "--purge"});
    INFO(purged.output);
    REQUIRE(purged.code == 0);
    CHECK_FALSE(product.scm().state(product.agent()));
    CHECK_FALSE(product.scm().state(product.watchdog()));
    CHECK(product.published("Version").empty());
    CHECK_FALSE(RegistryKey::open("SOFTWARE\\" + product.settings().product));
    CHECK_FALSE(fs::exists(product.settings().state_dir));
    CHECK_FALSE(fs::exists(product.key()));
    CHECK_FALSE(fs::exists(product.config()));
    std::vector<std::string> left;
    for (const auto& entry : fs::directory_iterator{product.settings().install_root})
        left.push_back(entry.path().filename().string());
    std::sort(left.begin(), left.end());
    CHECK(left == std::vector<std::string>{"agent.exe", "watchdog.exe"});
}
