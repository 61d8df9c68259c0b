// Finds somebody who restarts the agent. The routes are tried for real, in the configured order, and named in
// the outcome.
#include <fmt/format.h>

#include "steps/routes.hpp"
#include "steps/step.hpp"

namespace update {

Event hand_over(Job& job) {
    job.record.connected_before = job.connected();
    std::string refusals;
    for (const Route route : job.settings.routes) {
        job.record.route =
            route;  // durable with the next state; after a crash here the routes are tried again
        const auto taken = take_route(job, route);
        if (taken) {
            job.say(fmt::format("route: {}", name(route)));
            return route == Route::exit_code ? Event::refused : Event::succeeded;
        }
        job.say(fmt::format("route {} is closed: {}", name(route), taken.error().message()));
        refusals +=
            fmt::format("{}{}: {}", refusals.empty() ? "" : "; ", name(route), taken.error().message());
    }
    job.record.route = Route::none;
    return because(job, Reason::no_route,
                   Error{ErrorCode::refused, fmt::format("no route to a restart ({})", refusals)});
}

}  // namespace update
