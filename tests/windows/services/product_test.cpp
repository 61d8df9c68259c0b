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
    explicit Product(const std::string& more = "") {
        install_program("agent-1.0.exe", "agent.exe");
        install_program("watchdog-1.0.exe", "watchdog.exe");
        settings().watchdog_path = "watchdog.exe";
        std::ofstream{config()} << fmt::format(
            "product = \"{}\"\ninstall_root = {}\nstate_dir = {}\nkey_file = {}\nwatchdog_path = "
            "\"watchdog.exe\"\n"
            "server_url = \"wss://localhost:1/agent\"\nagent_id = \"probe\"\n{}\n"
            "[trust]\nmode = \"unsigned\"\n\n[service]\nmanager = \"scm\"\n\n[trial]\ncommit_on = "
            "\"ready\"\nready_timeout = \"60s\"\n\n"
            "[[programs]]\nname = \"agent\"\npath = \"agent.exe\"\narguments = [\"--config\", {}]\n",
            settings().product, literal(settings().install_root), literal(settings().state_dir),
            literal(key()), more, literal(config()));
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
    Answer update_to_1_1() {
        return control({"apply", "--json", "--from", "1.0.0", "--version", "1.1.0", "--artifact",
                        fmt::format("agent:agent.exe={},self-test", built("agent-1.1.exe").string())});
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

TEST_CASE("an installed product runs as two services and says what it is in the registry") {
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
