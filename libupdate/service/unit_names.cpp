#include <fmt/format.h>

#include <update/settings.hpp>

namespace update {

std::string unit_name(const Settings& settings, const ProgramSettings& program) {
    if (!program.unit.empty()) return program.unit;
    const bool is_agent = program.name == settings.programs.front().name;
    return is_agent ? settings.product + ".service"
                    : fmt::format("{}-{}.service", settings.product, program.name);
}

std::string watchdog_unit(const Settings& settings) {
    return settings.service.watchdog_unit.empty() ? settings.product + "-watchdog.service"
                                                  : settings.service.watchdog_unit;
}

}  // namespace update
