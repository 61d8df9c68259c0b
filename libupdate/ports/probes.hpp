#pragma once
#include <update/settings.hpp>

namespace update {

/// Readiness of programs that know nothing of libupdate (tcp, http, command).
class Probes {
 public:
    virtual ~Probes() = default;
    /// One look, at most 2 s. @return success when ready, else an error that says what was seen.
    virtual Status look(const Probe&) = 0;
};

}  // namespace update
