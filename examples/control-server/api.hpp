// The HTTP interface apart from artifacts: alerts of agents, and the operator's side. Knows no network.
#pragma once
#include <string>

#include "fleet.hpp"
#include "store.hpp"

namespace control {

struct ApiRequest {
    std::string method, path;
    std::string bearer;  ///< of `Authorization: Bearer ...`, or ""
    std::string body;
};
struct ApiResponse {
    unsigned status = 200;
    std::string body;  ///< JSON
};

/// Thread-safe.
class Api {
 public:
    Api(Store& store, Fleet& fleet, const std::string& admin_token);
    ApiResponse handle(const ApiRequest&);

 private:
    ApiResponse take_alert(const ApiRequest&);
    ApiResponse list(const std::string& what);
    ApiResponse enrol(const std::string& agent_id, const std::string& body);
    ApiResponse add_update(const std::string& agent_id, const std::string& body);

    Store& store_;
    Fleet& fleet_;
    const std::string admin_token_hash_;
};

}  // namespace control
