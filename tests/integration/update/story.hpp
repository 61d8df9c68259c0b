// What the stories of this folder have in common.
#pragma once
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "support/endpoint.hpp"

namespace update::test {

inline const Overrides by_watchdog{{"routes", R"(["watchdog"])"}};

/// `more` replaces values of `base`.
Overrides with(Overrides base, const Overrides& more);

/// The facts that every end after a hand-over has to tell.
void check_facts(const Outcome&, const std::string& from, const std::string& to);
/// Nothing of the update is left: no file, no process, and the server has confirmed the outcome.
void check_nothing_left(Endpoint&, const std::vector<std::string>& expected = {});
/// The old version runs with a session again, and the files are those of before.
void check_old_version_runs(Endpoint&);
/// policy.json lists it.
bool is_quarantined(const Endpoint&, const std::string& version);

/// An item whose self-test holds the update until the test opens it: what the test changes meanwhile, it
/// changes at a known moment. The old version still runs then, and all artifacts are there.
class Gate {
 public:
    /// @param version  what the self-test prints in the end
    Gate(Endpoint&, const std::string& version);
    const Item& item() const { return item_; }
    void await_reached();
    void open();

 private:
    Endpoint& endpoint_;
    std::filesystem::path fifo_, reached_;
    Item item_;
};

/// An update by the watchdog that was offered, and that a gate holds shortly before its hand-over.
struct HeldUpdate {
    /// @param version_name  of the agent, as "agent-1.1"
    HeldUpdate(Server&, const std::string& version, const std::string& version_name,
               const Overrides& more = {});
    Endpoint endpoint;
    Gate gate;
    std::string id;
};

/// A file with these bytes, as the source of an item.
std::filesystem::path file_of(Endpoint&, const std::string& name, const std::string& content);

}  // namespace update::test
