#pragma once
#include <memory>

#include "ports/http.hpp"
#include "ports/probes.hpp"
#include "ports/processes.hpp"

namespace update {

/// Looks from outside. `http` must allow plain http where such probes are configured; both are used by the
/// calling thread only and must outlive the probes. Not ready is `retry_later` (a command: with its exit code
/// or signal); a target that cannot be understood is `refused`; the kinds that need no look (reported,
/// process_age) are a `bug`. tcp: "address:port", "[v6 address]:port" or "name:port"; names are asked of the
/// system's resolver in a child process, which can be given up after the time limit.
std::unique_ptr<Probes> make_probes(Http& http, Processes& processes);

}  // namespace update
