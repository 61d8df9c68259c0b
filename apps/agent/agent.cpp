#include "agent.hpp"

#include <cstdio>
#include <fmt/format.h>

#include "key_file.hpp"
#include "state_file.hpp"

using namespace update;

namespace {

void print(std::string_view line) {
    fmt::print(stderr, "agent: {}\n", line);
    std::fflush(stderr);
}

}  // namespace

Agent::Agent(const Settings& settings, std::string version)
    : settings_{settings}, identity_{std::move(version), new_build_id()}, termination_{[this] {
          leave(AgentExit::clean);
      }} {
    if (settings_.server_url.empty()) settings_.server_url = UPDATE_DEFAULT_SERVER_URL;
}

Result<std::unique_ptr<Agent>> Agent::open(const Settings& settings, const std::string& version) {
    std::unique_ptr<Agent> agent{new Agent{settings, version}};
    Agent& self = *agent;
    UpdaterHooks hooks;
    hooks.leave = [&self](AgentExit code) { self.leave(code); };
    hooks.progress = [&self](const std::string& id, std::string_view state, std::uint64_t bytes,
                             std::uint64_t total) {
        if (const auto session = self.session()) session->report_progress(id, state, bytes, total);
    };
    hooks.outcome_filed = [&self] {
        if (const auto session = self.session()) session->report_outcomes();
    };
    hooks.log = print;
    UPDATE_TRY(updater, Updater::open(self.settings_, self.identity_, std::move(hooks)), "agent");
    self.updater_ = std::move(updater);
    return agent;
}

AgentExit Agent::run() {
    // First of all: an update that an earlier run left is finished or undone.
    if (const auto code = updater_->resume()) return *code;

    print(fmt::format("version {} starts, server {}", identity_.version, settings_.server_url));
    if (auto written = write_state(settings_, identity_.version); !written) print(written.error().message());
    if (auto sealed = keep_key_sealed(settings_); !sealed) print(sealed.error().message());
    auto session = std::make_shared<Session>(settings_, identity_, *updater_, print);
    std::unique_lock lock{mutex_};
    session_ = session;
    lock.unlock();
    updater_->ready();

    lock.lock();
    left_.wait(lock, [this] { return exit_.has_value(); });
    const AgentExit code = *exit_;
    session_.reset();  // what the updater's thread still reports is sent again after the next start
    lock.unlock();
    session.reset();
    updater_.reset();
    print(fmt::format("ends with {}", static_cast<int>(code)));
    return code;
}

std::shared_ptr<Session> Agent::session() {
    const std::lock_guard lock{mutex_};
    return session_;
}

void Agent::leave(AgentExit code) {
    const std::lock_guard lock{mutex_};
    if (!exit_) exit_ = code;
    left_.notify_all();
}
