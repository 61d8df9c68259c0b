#include "compose/aside_sweep.hpp"

#include <vector>

#include "os/asides.hpp"
#include "steps/asides.hpp"

namespace update {

void AsideSweep::tend() {
    const Instant now = adapters_.clock().now();
    if (!upkeep_.is_due(now)) return;
    const Settings& settings = adapters_.settings();
    std::vector<Path> files{adapters_.layout().guard(settings.programs.front())};
    if (!settings.watchdog_path.empty()) files.push_back(settings.install_root / settings.watchdog_path);
    for (const ProgramSettings& program : settings.programs)
        files.push_back(settings.install_root / program.path);
    const auto noted = noted_asides(adapters_.files(), adapters_.layout());
    if (noted)
        for (const std::string& path : *noted) files.push_back(settings.install_root / path);
    bool swept = noted.has_value();
    for (const Path& file : files) swept &= sweep_asides(file);
    if (swept && !noted->empty()) swept = adapters_.files().remove(adapters_.layout().asides()).has_value();
    if (swept)
        upkeep_.succeeded();
    else
        upkeep_.failed(now);
}

}  // namespace update
