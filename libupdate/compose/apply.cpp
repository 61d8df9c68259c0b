#include "compose/apply.hpp"

#include <fmt/format.h>

#include "durable/durable.hpp"

namespace update {

Result<Plan> previous_version(Adapters& adapters) {
    return previous_version(adapters,
                            fmt::format("rollback-{:x}", adapters.clock().wall().time_since_epoch().count()));
}

Result<Plan> previous_version(Adapters& adapters, std::string update_id) {
    UPDATE_TRY(text, read_text(adapters.files(), adapters.layout().previous() / "plan.json", 1 << 20),
               "no previous version is kept");
    UPDATE_TRY(plan, parse_plan(text), "plan of the previous version");
    plan.vouched_by = VouchedBy::endpoint;
    plan.update_id = std::move(update_id);
    return plan;
}

Result<Halt> apply_here(Adapters& adapters, const Ports& ports, const Plan& plan, Downgrade downgrade,
                        Observer observer) {
    Settings settings = adapters.settings();
    settings.routes = {Route::self_update};  // this process is the applier
    settings.policy.allow_downgrade |= downgrade == Downgrade::allowed;
    Engine engine{settings,           adapters.layout(), ports,
                  adapters.machine(), Actor::operator_,  std::move(observer)};
    return engine.begin(plan);
}

}  // namespace update
