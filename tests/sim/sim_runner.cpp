// What `updatectl simulate` does, without the rest of updatectl: small, for the mutants and for speed.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <update/simulate.hpp>

int main(int argc, char** argv) {
    update::SimulationOptions options;
    bool json = false;
    std::optional<std::string> faults;
    bool replayed = false;
    for (int n = 1; n < argc; ++n) {
        const auto is = [&](const char* word) { return std::strcmp(argv[n], word) == 0; };
        const bool more = n + 1 < argc;
        if (is("--json"))
            json = true;
        else if (is("--random-only"))
            options.every_point = false;
        else if (is("--stride") && more)
            options.stride = static_cast<unsigned>(std::strtoul(argv[++n], nullptr, 10));
        else if (is("--runs") && more)
            options.runs = std::strtoull(argv[++n], nullptr, 10);
        else if (is("--seed") && more)
            options.seed = std::strtoull(argv[++n], nullptr, 10);
        else if (is("--max") && more)
            options.violations_max = std::strtoull(argv[++n], nullptr, 10);
        else if (is("--scenario") && more)
            options.scenario = argv[++n];
        else if (is("--faults") && more)
            faults = argv[++n];
        else if (is("--replay"))
            replayed = true;
        else if (is("--windows"))
            options.platform = update::SimulatedPlatform::windows_rules;
        else
            return 2;
    }
    if (faults || replayed) {
        const auto told = update::replay(options, faults);
        if (!told) return std::fprintf(stderr, "%s\n", told.error().message().c_str()), 2;
        for (const std::string& line : told->trail) std::puts(line.c_str());
        std::printf("%s: %s\n", told->promise.c_str(), told->what.c_str());
        return told->promise.empty() ? 0 : 1;
    }
    const auto report = update::simulate(options);
    if (!report) return std::fprintf(stderr, "%s\n", report.error().message().c_str()), 2;
    std::puts((json ? to_json(*report) : to_text(*report)).c_str());
    return report->violations.empty() ? 0 : 1;
}
