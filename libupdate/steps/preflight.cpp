// Proves, before the first byte, that the update can end well: room on every volume, and somebody to restart
// the agent.
#include <fmt/format.h>

#include "steps/routes.hpp"
#include "steps/step.hpp"
#include "transfer/space.hpp"

namespace update {

Event preflight(Job& job) {
    if (auto room = check_space(job.plan, job.layout, job.ports.volumes, job.ports.files); !room)
        return because(job, reason_of(room.error(), Reason::io_failed), room.error());

    std::string refusals;
    for (const Route route : job.settings.routes) {
        const auto possible = route_is_possible(job, route);
        if (possible) return Event::succeeded;
        refusals +=
            fmt::format("{}{}: {}", refusals.empty() ? "" : "; ", name(route), possible.error().message());
    }
    return because(job, Reason::no_route,
                   Error{ErrorCode::refused, fmt::format("nobody could restart {} after the update ({})",
                                                         job.agent().name, refusals)});
}

}  // namespace update
