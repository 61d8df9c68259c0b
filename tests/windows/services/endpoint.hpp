// A product whose agent is the probe, with services that vanish after the test.
#pragma once
#include <doctest/doctest.h>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <update/settings.hpp>

#include "os/scm/manager.hpp"

namespace update::test {

class Endpoint {
 public:
    /// The agent of the product runs in this mode; the watchdog, where there is one, runs until it is asked
    /// to end.
    explicit Endpoint(std::vector<std::string> mode = {"run"});
    ~Endpoint();
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    Settings& settings() { return settings_; }
    ScmManager& scm() { return scm_; }
    const std::string& agent() const { return settings_.product; }
    std::string watchdog() const { return watchdog_service_name(settings_); }
    /// What the agent's service shall be.
    ScmService wanted() const { return scm_services(settings_).front(); }
    std::filesystem::path folder() const { return folder_; }

    /// Creates the agent's service, in another mode if there is one.
    void create();
    void start() { REQUIRE_MESSAGE(scm_.start(agent()), agent()); }
    ScmState state() { return state_of(agent()); }
    ScmState state_of(const std::string& service);
    /// As an administrator does it.
    void set_start_type(const std::string& service, unsigned long type);
    void set_command_line(const std::string& service, const std::string& line);
    void kill();
    /// Looks until it holds, at most 20 s.
    bool eventually(const std::function<bool()>& holds);
    bool reaches(ScmPhase);

 private:
    Settings settings_;
    std::filesystem::path folder_;
    ScmManager scm_;
};

/// Says why, for the count of what was not judged.
#define UPDATE_SKIP_UNDER_WINE(reason)            \
    if (runs_under_wine()) {                      \
        std::puts("SKIPPED under Wine: " reason); \
        return;                                   \
    }                                             \
    static_cast<void>(0)

}  // namespace update::test
