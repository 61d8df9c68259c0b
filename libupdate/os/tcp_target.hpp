// Private to os/: where a tcp probe connects to.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

struct TcpTarget {
    std::string host, port;
};
/// "address:port", "[v6 address]:port" or "name:port". @return `refused` for anything else
Result<TcpTarget> parse_tcp_target(const std::string&);

}  // namespace update
