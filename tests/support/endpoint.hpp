// One machine in the field: install root, state folder, configuration, watchdog and agent as real processes.
// Its verbs let a test read as the story of an update.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <update/outcome.hpp>
#include <update/plan.hpp>
#include <update/settings.hpp>

#include "flow/table.hpp"
#include "journal/record.hpp"
#include "layout/layout.hpp"
#include "support/await.hpp"
#include "support/process.hpp"
#include "support/server.hpp"

namespace update::test {

using namespace std::chrono_literals;

/// Where the build puts the version `name` of agent or watchdog, as "agent-1.1" or "watchdog-1.2-crashes".
std::filesystem::path built_version(const std::string& name);

/// One file of a release.
struct Item {
    Role role = Role::agent;
    std::string install_path = "bin/agent";
    std::filesystem::path source;
    bool self_test = true;
    bool tampered = false;  ///< what is handed out has one other byte than what was signed
};
Item agent_item(const std::string& version_name);
Item watchdog_item(const std::string& version_name);

/// TOML values by dotted key, as {"routes", R"(["self-update"])"} or {"trial.ack_timeout", R"("9s")"}.
using Overrides = std::map<std::string, std::string>;

class Endpoint {
 public:
    /// Installs agent 1.0 (bin/agent) and watchdog 1.0 (bin/watchdog) and enrols; starts nothing.
    explicit Endpoint(Server&, const Overrides& = {}, const std::string& agent_id = "a1");
    ~Endpoint();

    /// Installs a further file, that is there before any update.
    void install(const std::string& path, const std::string& content, unsigned mode = 0644);

    // --- processes
    void configure(const Overrides&);  ///< rewrites update.toml; for the next start
    /// Words before those of watchdog and agent when the test starts them. What they start themselves has a
    /// clean environment.
    void run_under(std::vector<std::string> words) { before_ = std::move(words); }
    const std::vector<std::string>& before() const { return before_; }
    void start_watchdog();       ///< and waits until the agent has its session
    void start_watchdog_only();  ///< waits for its answer to a ping
    void restart_watchdog();     ///< with the present configuration
    void start_agent();          ///< without a watchdog; waits for its session
    Process& watchdog() { return *watchdog_; }
    Process& agent() { return *agent_; }  ///< the one of start_agent
    enum class Who { agent, watchdog, helper, guardian };
    /// Of the only such process; -1: none.
    pid_t pid_of(Who) const;
    std::string watchdog_version() const;  ///< by ping; empty: no answer

    // --- updates
    /// Signs a release of these items on a channel of its own. @return the channel
    std::string publish(const std::string& version, const std::vector<Item>&, std::uint64_t epoch = 0);
    /// Publishes, and lets the control server select it. @return the update's id
    std::string offer(const std::string& version, const std::vector<Item>&);
    std::string offer_agent(const std::string& version, const std::string& version_name) {
        return offer(version, {agent_item(version_name)});
    }
    void cancel(const std::string& update_id);
    /// Waits until the server knows the end.
    Outcome end_of(const std::string& update_id, std::chrono::milliseconds within = 40s);
    /// Waits until it lies filed on the endpoint, or already with the server.
    Outcome filed_end_of(const std::string& update_id, std::chrono::milliseconds within = 40s);
    void await_state(State, std::chrono::milliseconds within = 20s);
    /// Waits until the server has a session with this version.
    void await_session_of(const std::string& version, std::chrono::milliseconds within = 20s);

    // --- looking
    std::optional<Record> record() const;
    std::string installed_version(const std::string& install_path = "bin/agent") const;
    std::string installed(const std::string& path) const { return read_file(install_root() / path); }
    /// Files that belong neither to what was installed at the beginning, nor to `expected` (install paths),
    /// nor to the lasting part of the state folder. Waits a moment for a cleaner that is still at work.
    std::vector<std::string> leftovers(const std::vector<std::string>& expected = {}) const;
    /// Filed outcomes that the server has not confirmed yet.
    std::vector<std::string> unconfirmed_outcomes() const;
    std::string history() const { return read_file(layout().history()); }
    std::string logs() const;  ///< of all programs and the journal, for failures

    std::filesystem::path install_root() const { return scratch_.path() / "root"; }
    std::filesystem::path state_dir() const { return scratch_.path() / "state"; }
    std::filesystem::path config() const { return scratch_.path() / "update.toml"; }
    std::filesystem::path folder() const { return scratch_.path(); }
    const Settings& settings() const { return settings_; }
    const Layout& layout() const { return *layout_; }
    Server& server() { return server_; }
    const std::string& id() const { return agent_id_; }

 private:
    void await_here(const std::string& what, std::chrono::milliseconds,
                    const std::function<bool()>& condition) const;
    std::vector<std::string> command_of(const std::string& program) const;
    std::optional<Outcome> end_at_server(const std::string& update_id);

    Server& server_;
    const std::string agent_id_;
    Scratch scratch_{"update-endpoint"};
    Settings settings_;
    std::vector<std::string> before_;
    std::optional<Layout> layout_;
    std::vector<std::string> installed_at_first_;
    std::unique_ptr<Process> watchdog_, agent_;
};

}  // namespace update::test
