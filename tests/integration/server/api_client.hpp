#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "server_process.hpp"

namespace server_test {

struct Reply {
    long status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

/// One HTTPS request with curl, at most 20 seconds. Status 0: no answer.
Reply request(const ServerProcess&, const std::string& method, const std::string& path,
              const std::vector<std::string>& headers = {}, const std::string& body = {});

/// The operator's side.
class Operator {
 public:
    explicit Operator(const ServerProcess& server) : server_{server} {}
    Reply ask(const std::string& method, const std::string& path, const nlohmann::json& body = nullptr) const;
    void enrol(const std::string& agent_id, const std::string& key) const;
    /// @return the update's id
    std::string publish(const std::string& agent_id, const std::string& version) const;
    /// The only update with this id; null when there is none, an error in the test when there are several.
    nlohmann::json update(const std::string& update_id) const;
    nlohmann::json agent(const std::string& agent_id) const;

 private:
    const ServerProcess& server_;
};

}  // namespace server_test
