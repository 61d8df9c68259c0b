// Proves, before the first byte, that the update can end well: room on every volume, and somebody to restart
// the agent.
#include <fmt/format.h>
#include <set>

#include "steps/routes.hpp"
#include "steps/step.hpp"
#include "transfer/space.hpp"

namespace update {

namespace {

// On Linux the group's bits are also the mask of an access list: without them nobody whom it names can write.
constexpr std::uint32_t writable_by_others = 0022;
constexpr std::uint64_t system_account = 0;

Status folder_is_closed(Job& job, const Path& folder, const Result<FileInfo>& ours) {
    UPDATE_TRY(info, job.ports.files.info(folder), "install folder");
    if (info.kind != FileInfo::Kind::directory || (info.mode & writable_by_others) != 0)
        return Error{ErrorCode::refused,
                     fmt::format("{} must be a folder that only its owner can write to (mode {:04o}); "
                                 "updatectl doctor says how",
                                 folder.string(), info.mode)};
    if (info.owner != system_account && ours && info.owner != ours->owner)
        return Error{ErrorCode::refused,
                     fmt::format("{} belongs to account {}, which could replace what lies in it; "
                                 "updatectl doctor says how it becomes yours",
                                 folder.string(), info.owner)};
    return done();
}

/// Whoever can write to a folder on the way to a program can replace it, and needs no update for that
/// (security rule R2). Its owner can always: that is the system's or ours.
Status folders_are_closed(Job& job) {
    const auto ours = job.ports.files.info(job.layout.state_dir());
    if (!ours && ours.error().code() != ErrorCode::not_found)
        return Error{ours.error()}.in("state directory");
    std::set<Path> folders{job.layout.install_root()};
    for (const Artifact& a : job.plan.artifacts) {
        const Path home = job.layout.installed(a).parent_path();
        const auto there = job.ports.files.info(home);
        if (!there && there.error().code() == ErrorCode::not_found)
            return Error{
                ErrorCode::refused,
                fmt::format(
                    "{} is to lie in {}, which does not exist, and an update makes no folders; make it, "
                    "so that only its owner can write to it, and offer the update again",
                    a.install_path, home.string())};
        Path folder = job.layout.install_root();
        for (const Path& part : Path{a.install_path}.parent_path()) folders.insert(folder /= part);
    }
    for (const Path& folder : folders) UPDATE_CHECK(folder_is_closed(job, folder, ours), "preflight");
    return done();
}

/// Nobody would start it again: that is an administrator's wish, and no update undoes it.
Status agent_may_be_started(Job& job) {
    UPDATE_TRY(agent, job.ports.services.status(job.agent().name), "service of the agent");
    if (!agent.held_by_administrator) return done();
    return Error{
        ErrorCode::refused,
        fmt::format("{} was stopped or disabled by the administrator; start or enable it", job.agent().name)};
}

Status some_route_is_possible(Job& job) {
    std::string refusals;
    bool passing = false;
    for (const Route route : job.settings.routes) {
        const auto possible = route_is_possible(job, route);
        if (possible) return possible;
        passing |= is_passing(possible.error());
        refusals +=
            fmt::format("{}{}: {}", refusals.empty() ? "" : "; ", name(route), possible.error().message());
    }
    return Error{passing ? ErrorCode::retry_later : ErrorCode::refused,
                 fmt::format("nobody could restart {} after the update ({})", job.agent().name, refusals)};
}

/// What no patience mends. @return nothing when the way is free
std::optional<Event> barred(Job& job) {
    if (auto closed = folders_are_closed(job); !closed)
        return because(job, closed.error().code() == ErrorCode::refused ? Reason::refused : Reason::io_failed,
                       closed.error());
    if (auto room = check_space(job.plan, job.layout, job.ports.volumes, job.ports.files); !room)
        return because(job, reason_of(room.error(), Reason::io_failed), room.error());
    return std::nullopt;
}

/// A service manager whose bus is just restarting is as passing as a watchdog that is.
struct WayBack {
    Status open;
    Reason otherwise = Reason::no_route;
};
WayBack look_at_way_back(Job& job) {
    auto may = agent_may_be_started(job);
    if (may) return {some_route_is_possible(job)};
    const bool forbidden = may.error().code() == ErrorCode::refused;
    return {std::move(may), forbidden ? Reason::refused : Reason::no_route};
}

}  // namespace

Event preflight_at_once(Job& job) {
    if (const auto bar = barred(job)) return *bar;
    const WayBack way = look_at_way_back(job);
    return way.open ? Event::succeeded : because(job, way.otherwise, way.open.error());
}

Event preflight(Job& job) {
    if (const auto bar = barred(job)) return *bar;
    for (;;) {
        const WayBack way = look_at_way_back(job);
        if (way.open) return Event::succeeded;
        const auto over = is_passing(way.open.error()) ? wait_for_route(job) : Event::failed;
        if (over == Event::failed) return because(job, way.otherwise, way.open.error());
        if (over) return *over;
    }
}

}  // namespace update
