#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include <update/result.hpp>

#include "api.hpp"
#include "artifacts.hpp"
#include "fleet.hpp"

namespace control {

struct ListenSettings {
    std::string host;              ///< an IP address
    std::uint16_t port = 0;        ///< 0: one that is free
    std::string certificate_file;  ///< PEM, the server's certificate first
    std::string key_file;          ///< PEM
};

/// Serves until SIGTERM or SIGINT.
/// @param ready  called once with the port, when connections are accepted
/// @return success after a signal; `refused` when certificate, key or address cannot be used
Status serve(const ListenSettings&, Fleet&, Api&, Artifacts&,
             const std::function<Status(std::uint16_t port)>& ready);

}  // namespace control
