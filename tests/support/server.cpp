#include "support/server.hpp"

#include <csignal>
#include <curl/curl.h>
#include <doctest/doctest.h>

#include "support/await.hpp"

namespace update::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace {

const std::string admin_token = "operator-0123456789";
constexpr long request_timeout_ms = 5'000;

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* into) {
    static_cast<std::string*>(into)->append(bytes, count);
    return count;
}

}  // namespace

/// One handle for all requests, so that polling does not cost a TLS handshake each time.
struct Server::Curl {
    CURL* handle = ::curl_easy_init();
    curl_slist* headers = ::curl_slist_append(nullptr, ("Authorization: Bearer " + admin_token).c_str());
    ~Curl() {
        ::curl_slist_free_all(headers);
        ::curl_easy_cleanup(handle);
    }
};

Server::Server(std::vector<std::string> arguments)
    : arguments_{std::move(arguments)}, curl_{std::make_unique<Curl>()} {
    fs::create_directory(scratch_.path() / "state");
    fs::create_directory(artifacts());
    write_file(scratch_.path() / "token", admin_token + "\n");
    Process maker{{CONTROL_SERVER, "make-certificate", "--out", (scratch_.path() / "tls").string(), "--name",
                   "127.0.0.1"},
                  scratch_.path() / "log"};
    REQUIRE_MESSAGE(maker.wait() == 0, log());
    start();
}
Server::~Server() = default;

void Server::start() {
    const fs::path port_file = scratch_.path() / "port";
    fs::remove(port_file);
    std::vector<std::string> command{CONTROL_SERVER,
                                     "--listen",
                                     "127.0.0.1:" + std::to_string(port_),
                                     "--cert",
                                     scratch_.path() / "tls/server.pem",
                                     "--key",
                                     scratch_.path() / "tls/server.key",
                                     "--state",
                                     scratch_.path() / "state",
                                     "--artifacts",
                                     artifacts(),
                                     "--admin-token-file",
                                     scratch_.path() / "token",
                                     "--port-file",
                                     port_file,
                                     "--heartbeat-seconds",
                                     "1"};
    command.insert(command.end(), arguments_.begin(), arguments_.end());
    process_ = std::make_unique<Process>(command, scratch_.path() / "log");
    await(
        "the control server listens", 20s, [&] { return !read_file(port_file).empty(); },
        [this] { return log(); });
    port_ = static_cast<unsigned>(std::stoul(read_file(port_file)));
}

void Server::stop() { process_->stop(); }
void Server::kill_hard() { process_->kill_hard(); }
void Server::freeze() { process_->signal(SIGSTOP); }
void Server::thaw() { process_->signal(SIGCONT); }

ApiAnswer Server::ask(const std::string& method, const std::string& path, const nlohmann::json& body) const {
    ApiAnswer answer;
    CURL* curl = curl_->handle;
    const std::string text = body.is_null() ? "" : body.dump(), url = https() + path, ca = ca_file();
    ::curl_easy_reset(curl);
    ::curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    ::curl_easy_setopt(curl, CURLOPT_CAINFO, ca.c_str());
    ::curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request_timeout_ms);
    ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, curl_->headers);
    ::curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    if (!text.empty()) {
        ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(text.size()));
        ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text.c_str());
    }
    ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    if (::curl_easy_perform(curl) == CURLE_OK)
        ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

void Server::enrol(const std::string& agent_id, const std::string& key) const {
    const ApiAnswer answer = ask("PUT", "/api/agents/" + agent_id, {{"key", key}});
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
}

std::string Server::serve(const fs::path& file, const std::string& name) const {
    fs::copy_file(file, artifacts() / name, fs::copy_options::overwrite_existing);
    return https() + "/artifacts/" + name;
}

std::string Server::publish(const std::string& agent_id, const nlohmann::json& plan) const {
    const ApiAnswer answer = ask("POST", "/api/agents/" + agent_id + "/updates", plan);
    REQUIRE_MESSAGE(answer.status == 201, answer.status << " " << answer.body);
    return answer.json()["update_id"];
}

nlohmann::json Server::update(const std::string& update_id) const {
    const ApiAnswer answer = ask("GET", "/api/updates");
    if (answer.status != 200) return nullptr;
    for (const auto& update : answer.json())
        if (update["update_id"] == update_id) return update;
    return nullptr;
}

nlohmann::json Server::agent(const std::string& agent_id) const {
    const ApiAnswer answer = ask("GET", "/api/agents");
    if (answer.status != 200) return nullptr;
    for (const auto& agent : answer.json())
        if (agent["agent_id"] == agent_id) return agent;
    return nullptr;
}

}  // namespace update::test
