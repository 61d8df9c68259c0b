#include "compose/program_keeper.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace update {

using namespace std::chrono_literals;
constexpr milliseconds unreadable_look = 1s;

ProgramKeeper::ProgramKeeper(Adapters& adapters, Services& services, Log log, Alert alert)
    : adapters_{adapters}, services_{services}, log_{std::move(log)}, alert_{std::move(alert)} {
    for (const ProgramSettings& program : adapters.settings().programs)
        programs_.emplace(program.name,
                          Kept{RestartBudget{adapters.settings().supervision, adapters.random()}, {}});
}

void ProgramKeeper::tend_all() {
    for (const ProgramSettings& program : adapters_.settings().programs) tend(program.name);
}

void ProgramKeeper::tend(const std::string& program) {
    Kept& kept = programs_.at(program);
    const auto status = services_.status(program);
    if (!status) {
        kept.start_at = now() + unreadable_look;
        return log_(fmt::format("{}: {}", program, status.error().message()));
    }
    if (status->running || status->held_by_administrator) return kept.start_at.reset();
    if (kept.start_at && *kept.start_at > now()) return;
    if (auto started = services_.start(program); started) {
        kept.start_at.reset();
        kept.budget.started(now());
        log_(fmt::format("{} started", program));
    } else {
        plan_restart(program, std::nullopt, started.error().message());
    }
}

std::optional<Instant> ProgramKeeper::exited(const std::string& program,
                                             const std::optional<ExitStatus>& exit) {
    if (const auto status = services_.status(program); status && status->held_by_administrator) {
        log_(fmt::format("{} was stopped by the administrator", program));
        return std::nullopt;
    }
    plan_restart(program, exit, fmt::format("ended ({})", describe(exit)));
    return programs_.at(program).start_at;
}

void ProgramKeeper::plan_restart(const std::string& program, const std::optional<ExitStatus>& exit,
                                 const std::string& why) {
    Kept& kept = programs_.at(program);
    const RestartDecision decision = kept.budget.exited(now(), exit);
    kept.start_at = decision.start_at;
    const auto wait = std::chrono::duration_cast<milliseconds>(decision.start_at - now());
    const bool held = decision.kind == RestartDecision::Kind::held;
    const std::string line =
        held ? fmt::format("{} is held for {} ms, because {}", program, wait.count(), decision.because)
             : fmt::format("{} {}; starts again in {} ms", program, why, wait.count());
    log_(line);
    alert_(held ? "agent-held" : "agent-exited", line);
}

Status ProgramKeeper::restart(const std::string& program) {
    UPDATE_CHECK(services_.stop(program), "stop");
    programs_.at(program).budget.forgive();
    programs_.at(program).start_at.reset();
    return services_.start(program);
}

std::optional<Instant> ProgramKeeper::next_start() const {
    std::optional<Instant> next;
    for (const auto& [name, kept] : programs_)
        if (kept.start_at) next = next ? std::min(*next, *kept.start_at) : *kept.start_at;
    return next;
}

}  // namespace update
