// The programs, as compose/ puts them together: the same engine with the same calls, without threads and
// sockets. And the little that the story needs of their files.
#pragma once
#include "sim/world.hpp"

namespace update::sim {

/// The program's main function. @return its exit code
int live(World&, Process&);

int live_as_agent(World&, Process&);
int live_as_watchdog(World&, Process&);
int live_as_helper(World&, Process&);
int live_as_guardian(World&, Process&);
int live_as_guard(World&, Process&);
int live_as_rescue(World&, Process&);
int live_as_operator(World&, Process&);

/// The next signal for a process, or `deadline`. What a channel's `wait` does.
Signal next_signal(World&, Process&, Instant deadline);
/// A request to the watchdog, and its answer.
Result<std::string> ask_watchdog(World&, Process&, Ask::Kind, const std::string& update_id,
                                 std::chrono::milliseconds timeout);

Observer observer(World&, Process&);
/// What `Engine::record` of this process's engine would find, which processes ask for several times a second:
/// decoded once for all of them. A fault of reading befalls the engine's own look.
std::optional<Record> record_of(World&, Process&, const Engine&);

/// The process goes on as this watchdog program; the caller throws Becomes.
/// A guardian watches one right now.
bool is_renewal_under_way(const World&);
void become_watchdog(World&, Process&, const std::string& program);
bool runs_new_watchdog(World&, const Process&);

std::string program_path(const World&, const std::string& service);
std::string watchdog_program(const World&);
std::string version_of(const std::string& image);
void start_agent(World&, const std::string& service);
void offer_to(World&, Process& agent);
void begin_by_operator(World&);
std::vector<Outcome> outcomes_on_disk(World&);
std::size_t count_outcomes(World&);
/// An operator's `updatectl cancel` or `rollback`. @return whether anybody heard it
bool wish(World&, FaultKind);

}  // namespace update::sim
