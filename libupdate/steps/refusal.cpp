#include "steps/refusal.hpp"

#include <update/outcome.hpp>

#include "durable/durable.hpp"

namespace update {

Status file_refusal(Files& files, const Layout& layout, const Plan& plan, const Error& why, WallTime now) {
    Outcome outcome;
    outcome.update_id = plan.update_id;
    outcome.ending = Ending::abandoned;
    outcome.reason = Reason::refused;
    outcome.message = why.message();
    outcome.from_version = plan.from_version;
    outcome.to_version = plan.version;
    outcome.ended_at_unix_ms = now.time_since_epoch().count();
    return write_durably(files, layout.outcome(plan.update_id), to_json(outcome));
}

}  // namespace update
