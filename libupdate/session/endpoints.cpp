#include "session/endpoints.hpp"

namespace update::session {

Result<std::string> alerts_url(const std::string& server_url) {
    const std::string scheme = "wss://";
    if (!server_url.starts_with(scheme))
        return Error{ErrorCode::refused, "server URL does not start with wss://"};
    const std::string authority =
        server_url.substr(scheme.size(), server_url.find('/', scheme.size()) - scheme.size());
    if (authority.empty()) return Error{ErrorCode::refused, "server URL has no host"};
    return "https://" + authority + "/api/alerts";
}

}  // namespace update::session
