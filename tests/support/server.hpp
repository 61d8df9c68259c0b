// The real control server as a process, and the operator who talks to it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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
    /// Makes a file available for download. @return its URL
    std::string serve(const std::filesystem::path& file, const std::string& name) const;
    /// @return the id of the new update
    std::string publish(const std::string& agent_id, const nlohmann::json& plan) const;
    /// What the server knows of an update, or null.
    nlohmann::json update(const std::string& update_id) const;
    nlohmann::json agent(const std::string& agent_id) const;

 private:
    struct Curl;
    std::filesystem::path artifacts() const { return scratch_.path() / "artifacts"; }

    Scratch scratch_{"update-server"};
    std::vector<std::string> arguments_;
    std::unique_ptr<Curl> curl_;
    std::unique_ptr<Process> process_;
    unsigned port_ = 0;
};

}  // namespace update::test
