#include "sim/explore.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "sim/world.hpp"

namespace update::sim {
namespace {

/// How often each kind is thrown.
constexpr unsigned weight(FaultKind kind) {
    switch (kind) {
        case FaultKind::crash:
            return 8;
        case FaultKind::power_off:
        case FaultKind::roll_back_asked:  // heard in few states
            return 6;
        case FaultKind::delay:
            return 6;
        case FaultKind::crash_agent:
        case FaultKind::crash_watchdog:
        case FaultKind::io_error:
            return 4;
        case FaultKind::server_restored:
        case FaultKind::second_update:
        case FaultKind::dead_clock:
            return 1;
        default:
            return 2;
    }
}

FaultKind throw_kind(Dice& dice) {
    static const unsigned total = [] {
        unsigned sum = 0;
        for (std::size_t k = 0; k < fault_count; ++k) sum += weight(static_cast<FaultKind>(k));
        return sum;
    }();
    std::uint64_t left = dice.below(total);
    for (std::size_t k = 0;; ++k) {
        const unsigned w = weight(static_cast<FaultKind>(k));
        if (left < w) return static_cast<FaultKind>(k);
        left -= w;
    }
}

/// Up, in steps of a sixteenth.
std::int64_t rounded(std::int64_t ms) {
    std::int64_t step = 1;
    while (ms / step > 16) step *= 2;
    return (ms + step - 1) / step * step;
}

}  // namespace

bool is_played(Platform platform, FaultKind kind) {
    return platform == Platform::linux_rules || kind != FaultKind::no_links;
}

void Tally::Dark::note(std::int64_t ms) {
    ++runs_by_ms[rounded(ms)];
    worst_ms = std::max(worst_ms, ms);
}

Run Explorer::run(const Scenario& scenario, std::uint64_t seed, const Faults& faults, bool with_trail) {
    World world{scenario, platform_, seed, faults, with_trail};
    world.run();
    ++tally.runs;
    for (std::size_t k = 0; k < fault_count; ++k) tally.faults[k] += world.troubles.counts()[k];
    for (std::size_t s = 0; s < state_count; ++s) tally.states[s] += world.ghost.states[s];
    if (const auto& last = world.ghost.last) {
        const std::string_view ending = row(last->progress.state).name;
        ++tally.outcomes[std::string{ending}];
        // What led there: the branches of the table that are seldom taken.
        ++tally.marks[fmt::format("{}: {}", ending, update::name(last->reason))];
        const std::string_view route = update::name(last->route);
        auto found = tally.dark.find(route);
        if (found == tally.dark.end()) found = tally.dark.emplace(std::string{route}, Tally::Dark{}).first;
        found->second.note(world.ghost.darkness.worst().count() / 1'000);
    }
    return {world.ghost.violation(), world.points, world.struck, std::move(world.trail)};
}

Run Explorer::noted(const Scenario& scenario, std::uint64_t seed, const Faults& faults) {
    Run now = run(scenario, seed, faults);
    if (now.violation) broken.push_back({&scenario, seed, faults, *now.violation});
    return now;
}

void Explorer::every_point(const Scenario& scenario, Faults faults, unsigned stride) {
    for (auto at = static_cast<std::uint32_t>(1 + seed_ % stride); !full(); at += stride) {
        for (Fault& fault : faults) fault.at = at;
        if (noted(scenario, seed_ + at, faults).struck == 0) return;
        ++tally.crash_points;
    }
}

void Explorer::every_pair(const Scenario& scenario, FaultKind first, FaultKind second, unsigned stride) {
    for (auto a = static_cast<std::uint32_t>(1 + seed_ % stride); !full(); a += stride)
        for (std::uint32_t b = a + 1; !full(); b += stride) {
            const unsigned struck =
                noted(scenario, seed_ + a * 1'000 + b, {{a, first, 0}, {b, second, 0}}).struck;
            if (struck == 0) return;
            ++tally.crash_points;
            if (struck == 1) break;
        }
}

const Scenario& Explorer::pick(const std::vector<Scenario>& all, std::uint64_t seed, Faults& faults) const {
    Dice dice{seed};
    const Scenario& scenario = all[dice.below(all.size())];
    const auto count = 1 + dice.below(1 + dice.below(6));
    const std::uint64_t range = 30 + dice.below(400);
    // Some runs know one family of faults only: what it alone must not cost is a promise of its own.
    const auto family = dice.below(6);
    while (faults.size() < count) {
        const FaultKind kind = throw_kind(dice);
        if (!is_played(platform_, kind)) continue;
        if (family == 0 && !is_crash(kind)) continue;
        if (family == 1 && !is_network(kind)) continue;
        faults.push_back({static_cast<std::uint32_t>(1 + dice.below(range)), kind,
                          static_cast<std::uint32_t>(dice.below(8))});
    }
    std::ranges::sort(faults, {}, &Fault::at);
    return scenario;
}

void Explorer::random(const std::vector<Scenario>& all, std::uint64_t runs,
                      const std::function<bool()>& budget) {
    for (std::uint64_t n = 0; n < runs && !full(); ++n) {
        if (n % 64 == 0 && !budget()) return;
        Faults faults;
        const Scenario& scenario = pick(all, seed_ + n, faults);
        noted(scenario, seed_ + n, faults);
    }
}

Faults Explorer::shrunk(const Broken& b) {
    Faults best = b.faults;
    const auto breaks = [&](const Faults& faults) {
        const auto found = run(*b.scenario, b.seed, faults).violation;
        return found && found->promise == b.violation.promise;
    };
    for (std::size_t n = 0; n < best.size();) {
        Faults fewer = best;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(n));
        if (breaks(fewer))
            best = std::move(fewer);
        else
            ++n;
    }
    return best;
}

std::optional<Faults> parse_faults(std::string_view text) {
    Faults faults;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        const std::size_t at = word.find('@'), colon = word.find(':');
        if (at == std::string_view::npos) return std::nullopt;
        const auto kind = fault_named(word.substr(0, at));
        if (!kind) return std::nullopt;
        Fault fault{0, *kind, 0};
        const std::string_view where =
            word.substr(at + 1, colon == std::string_view::npos ? colon : colon - at - 1);
        if (std::from_chars(where.data(), where.data() + where.size(), fault.at).ec != std::errc{})
            return std::nullopt;
        if (colon != std::string_view::npos)
            if (std::from_chars(word.data() + colon + 1, word.data() + word.size(), fault.how).ec !=
                std::errc{})
                return std::nullopt;
        faults.push_back(fault);
    }
    return faults;
}

}  // namespace update::sim
