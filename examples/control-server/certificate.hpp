#pragma once
#include <string>
#include <vector>

#include <update/result.hpp>

namespace control {

/// Makes an authority (its key is forgotten at once) and a server certificate by it: ECDSA P-256, one year.
/// Writes ca.pem, server.pem and server.key (0600) into `directory`, replacing older ones. For tests and
/// small sites.
/// @param names  DNS names and IP addresses of the server, at least one
/// @return `refused` for a name that cannot stand in a certificate, `permission` when a file cannot be
/// written
update::Status make_certificate(const std::string& directory, const std::vector<std::string>& names);

}  // namespace control
