// The smallest program that updates itself: minimal-agent CONFIGURATION [SELECTION]. It offers itself the
// release that the file selects at each start; a real agent is told by its server. With commit_on = "ready"
// in the configuration no server is needed.
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>

#include <update/updater.hpp>

constexpr const char* version = "1.0.0";

int fail(int code, const update::Error& error) {
    return std::fprintf(stderr, "minimal-agent: %s\n", error.message().c_str()), code;
}

int main(int argc, char** argv) {
    if (argc > 1 && std::string{argv[1]} == "--self-test") return std::puts(version) < 0 ? 1 : 0;
    const auto settings = update::load_settings(argc > 1 ? argv[1] : "update.toml");
    if (!settings) return fail(2, settings.error());
    if (const auto code = update::Updater::run_as_helper(argc, argv, *settings)) return *code;

    std::atomic<int> end{-1};
    update::UpdaterHooks hooks;
    hooks.log = [](std::string_view line) { std::fprintf(stderr, "%s\n", std::string{line}.c_str()); };
    hooks.leave = [&end](update::AgentExit code) {
        end = static_cast<int>(code);
        end.notify_all();
    };
    const auto updater = update::Updater::open(*settings, {version, ""}, hooks);
    if (!updater) return fail(1, updater.error());
    if (const auto code = (*updater)->resume()) return static_cast<int>(*code);
    (*updater)->ready();  // here begins the program's own work

    std::ifstream file{argc > 2 ? argv[2] : ""};
    const auto selection = update::parse_selection({std::istreambuf_iterator<char>{file}, {}});
    const auto taken = selection ? (*updater)->offer(*selection) : update::done();
    if (!taken) fail(0, taken.error());
    end.wait(-1);
    return end;
}
