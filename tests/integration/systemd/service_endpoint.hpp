// An endpoint in service mode: agent and watchdog are units of a real systemd on a machine of their own.
#pragma once
#include <doctest/doctest.h>
#include <memory>
#include <string>
#include <vector>

#include <update/exit_code.hpp>

#include "support/endpoint.hpp"
#include "support/machine.hpp"

namespace update::test {

class ServiceEndpoint {
 public:
    /// The machine is up; nothing is installed as a unit yet.
    explicit ServiceEndpoint(Server&, const Overrides& = {}, const std::string& product = "agent");

    /// `updatectl service install`, and waits for the agent's session.
    void install();
    /// A unit of the agent as an older release or a packager wrote it.
    std::string foreign_unit(const std::string& settings) const;
    /// Enables and starts such a unit, and waits for the agent's session.
    void start_foreign(const std::string& settings);
    void await_watchdog() const;  ///< until its unit runs
    void await_guard() const;     ///< until the agent has made it
    /// `updatectl COMMAND...` on the machine.
    Output updatectl(const std::vector<std::string>& command) const;

    std::string agent_unit() const { return product_ + ".service"; }
    std::string watchdog_unit() const { return product_ + "-watchdog.service"; }
    bool runs(const std::string& unit) const { return machine.property(unit, "ActiveState") == "active"; }
    std::string main_pid(const std::string& unit) const { return machine.property(unit, "MainPID"); }
    /// A [Service] or [Unit] setting on top of the installed unit, effective at once.
    void drop_in(const std::string& unit, const std::string& name, const std::string& text) const;
    /// Everything, for failures.
    std::string logs() const;

    void check_committed(const Outcome&, Route by, const std::string& to = "1.1.0");
    void check_rolled_back(const Outcome&, Reason);

    const std::string product_;
    Endpoint endpoint;
    Machine machine;
};

}  // namespace update::test
