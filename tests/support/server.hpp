// The real control server as a process, the publisher whose signed releases it hands out, and the operator
// who selects among them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compose/publishing.hpp"
#include "repository/publisher.hpp"
#include "support/process.hpp"

namespace update::test {

struct ApiAnswer {
    long status = 0;  ///< 0: no answer
    std::string body;
    nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

/// Control server with TLS on a port of its own that it keeps over restarts.
class Server {
 public:
    /// Runs when the constructor returns.
    /// @param arguments  further ones, as "--older-protocol"; heartbeats come every second unless told
    explicit Server(std::vector<std::string> arguments = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void start();
    /// From the next start on.
    void use_arguments(std::vector<std::string> arguments) { arguments_ = std::move(arguments); }
    void stop();
    void kill_hard();
    void freeze();  ///< it keeps its connections and answers nothing
    void thaw();

    std::string https() const { return "https://127.0.0.1:" + std::to_string(port_); }
    std::string wss() const { return "wss://127.0.0.1:" + std::to_string(port_) + "/agent"; }
    std::filesystem::path ca_file() const { return scratch_.path() / "tls/ca.pem"; }
    std::string log() const { return read_file(scratch_.path() / "log"); }

    ApiAnswer ask(const std::string& method, const std::string& path,
                  const nlohmann::json& body = nullptr) const;
    void enrol(const std::string& agent_id, const std::string& key) const;
    /// Signs a release of these files, on a channel of its own unless one is named. @return the channel
    std::string publish(const repository::PublishWish&, const std::vector<repository::ArtifactWish>&);
    repository::Publisher& publisher() { return *publisher_; }
    /// The folder with metadata/ and targets/ that is handed out.
    std::filesystem::path repository() const { return scratch_.path() / "releases/public"; }
    /// What an endpoint begins its trust with.
    std::filesystem::path root_file() const { return repository() / "metadata/1.root.json"; }
    /// The file that is handed out for a target, below repository().
    std::filesystem::path target_file(const std::string& channel, const ReleaseArtifact&) const;
    /// Selects a release for an agent. @return the id of the new update
    std::string select(const std::string& agent_id, const std::string& channel, const std::string& version,
                       const std::string& product = "agent") const;
    /// What the server knows of an update, or null.
    nlohmann::json update(const std::string& update_id) const;
    nlohmann::json agent(const std::string& agent_id) const;

 private:
    struct Curl;

    Scratch scratch_{"update-server"};
    std::vector<std::string> arguments_;
    std::unique_ptr<Curl> curl_;
    std::unique_ptr<Process> process_;
    unsigned port_ = 0, channels_ = 0;
    PublishingTools tools_;
    std::unique_ptr<repository::Publisher> publisher_;
};

}  // namespace update::test
