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
    auto publisher = repository::Publisher::open(tools_.publisher_ports(), scratch_.path() / "releases", [] {
        return Result<std::string>{std::string{"passphrase of a test"}};
    });
    REQUIRE_MESSAGE(publisher, publisher.error().message());
    publisher_ = std::move(*publisher);
    const auto made = publisher_->init({});
    REQUIRE_MESSAGE(made, made.error().message());
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
                                     "--repository",
                                     repository(),
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

std::string Server::publish(const repository::PublishWish& wish,
                            const std::vector<repository::ArtifactWish>& artifacts) {
    repository::PublishWish release = wish;
    if (release.channel.empty()) release.channel = "c" + std::to_string(++channels_);
    // Each release is made of its own files, though another had the same version.
    fs::remove(scratch_.path() / "releases/drafts" / (release.product + "@" + release.version + ".json"));
    const auto added = publisher_->add(release.product, release.version, artifacts);
    REQUIRE_MESSAGE(added, added.error().message());
    const auto published = publisher_->publish(release);
    REQUIRE_MESSAGE(published, published.error().message());
    REQUIRE(published->empty());  // nobody else has to sign
    return release.channel;
}

fs::path Server::target_file(const std::string& channel, const ReleaseArtifact& artifact) const {
    const auto ending = "-" + artifact.target, beginning = to_hex(artifact.sha256) + ".";
    for (const auto& entry : fs::directory_iterator{repository() / "targets" / "agent" / channel}) {
        const auto name = entry.path().filename().string();
        if (name.starts_with(beginning) && name.ends_with(ending)) return entry.path();
    }
    FAIL("no such target is published: ", artifact.target);
    return {};
}

std::string Server::select(const std::string& agent_id, const std::string& channel,
                           const std::string& version, const std::string& product) const {
    const ApiAnswer answer = ask("POST", "/api/agents/" + agent_id + "/updates",
                                 {{"product", product}, {"channel", channel}, {"version", version}});
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
