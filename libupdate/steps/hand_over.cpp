// Finds somebody who restarts the agent. The routes are tried for real, in the configured order, and named in
// the outcome.
#include <fmt/format.h>

#include "steps/routes.hpp"
#include "steps/step.hpp"

namespace update {

namespace {

/// @return the route that was taken, or why none could be
Result<Route> take_first_open(Job& job) {
    std::string refusals;
    bool passing = false;
    for (const Route route : job.settings.routes) {
        // Durable with the next state; after a crash here the routes are tried again.
        job.record.route = route;
        const auto taken = take_route(job, route);
        if (taken) return route;
        job.say(fmt::format("route {} is closed: {}", name(route), taken.error().message()));
        passing |= is_passing(taken.error());
        refusals +=
            fmt::format("{}{}: {}", refusals.empty() ? "" : "; ", name(route), taken.error().message());
    }
    job.record.route = Route::none;
    return Error{passing ? ErrorCode::retry_later : ErrorCode::refused,
                 fmt::format("no route to a restart ({})", refusals)};
}

}  // namespace

Event hand_over(Job& job) {
    job.record.connected_before = job.connected();
    for (;;) {
        const auto taken = take_first_open(job);
        if (taken) {
            job.say(fmt::format("route: {}", name(*taken)));
            return *taken == Route::exit_code ? Event::refused : Event::succeeded;
        }
        const auto over = is_passing(taken.error()) ? wait_for_route(job) : Event::failed;
        if (over == Event::failed) return because(job, Reason::no_route, taken.error());
        if (over) return *over;
    }
}

}  // namespace update
