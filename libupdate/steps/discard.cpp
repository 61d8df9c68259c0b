// Leaves nothing of an update that touched nothing.
#include "durable/durable.hpp"
#include "steps/step.hpp"
#include "steps/workshop.hpp"

namespace update {

Event discard(Job& job) {
    auto status = remove_workshops(job);
    if (status) return Event::succeeded;
    job.say(status.error().message());
    return Event::failed;
}

}  // namespace update
