#pragma once
#include <string>

#include <update/result.hpp>

namespace update::session {

/// Where alerts go, from the URL of the session: wss://HOST[:PORT]/agent -> https://HOST[:PORT]/api/alerts.
/// @return `refused` unless the URL is wss:// with a host.
Result<std::string> alerts_url(const std::string& server_url);

}  // namespace update::session
