#include "compose/aside_sweep.hpp"

#include "os/asides.hpp"

namespace update {

void AsideSweep::tend() {
    const Instant now = adapters_.clock().now();
    if (!upkeep_.is_due(now)) return;
    const Settings& settings = adapters_.settings();
    bool swept =
        settings.watchdog_path.empty() || sweep_asides(settings.install_root / settings.watchdog_path);
    for (const ProgramSettings& program : settings.programs)
        swept &= sweep_asides(settings.install_root / program.path);
    if (swept)
        upkeep_.succeeded();
    else
        upkeep_.failed(now);
}

}  // namespace update
