// An agent that offers itself the selection which lies beside its configuration (offer.json), unless it runs
// as that version.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include <update/updater.hpp>

#include "os/published_facts.hpp"
#include "os/safe_start.hpp"
#include "os/service_main.hpp"
#include "os/termination.hpp"
#include "windows/services/looks.hpp"

namespace {

using namespace update;

int fail(const Error& error) { return std::fprintf(stderr, "%s\n", error.message().c_str()), 1; }

int work(int argc, char** argv) {
    if (argc > 1 && std::string_view{argv[1]} == "--self-test") return std::puts(AGENT_VERSION) < 0 ? 1 : 0;
    if (argc < 3) return 2;
    const auto settings = load_settings(argv[2]);  // --config FILE
    if (!settings) return fail(settings.error());
    if (const auto code = Updater::run_as_helper(argc, argv, *settings)) return *code;

    std::atomic<int> end{-1};
    const auto leave = [&end](AgentExit code) {
        end = static_cast<int>(code);
        end.notify_all();
    };
    const Termination termination{[&leave] { leave(AgentExit::clean); }};
    std::ofstream log{settings->file.string() + ".log", std::ios::app};
    UpdaterHooks hooks;
    hooks.leave = leave;
    hooks.log = [&log](std::string_view line) { log << AGENT_VERSION << ": " << line << std::endl; };
    const auto updater = Updater::open(*settings, {AGENT_VERSION, ""}, hooks);
    if (!updater) return fail(updater.error());
    if (const auto code = (*updater)->resume()) return static_cast<int>(*code);
    if (auto published = publish({settings->product, AGENT_VERSION, "", ""}); !published)
        return fail(published.error());
    (*updater)->ready();

    // The guard is renewed between updates; an offer at once would come before the first time.
    const auto guard = settings->install_root / ".guard-agent.exe";
    (void)test::looks_until(std::chrono::seconds{30},
                            [&] { return end != -1 || std::filesystem::exists(guard); });
    std::ifstream file{settings->file.parent_path() / "offer.json"};
    const auto selection = parse_selection({std::istreambuf_iterator<char>{file}, {}});
    if (selection && selection->version != AGENT_VERSION)
        if (auto taken = (*updater)->offer(*selection); !taken) log << taken.error().message() << std::endl;
    end.wait(-1);
    return end;
}

}  // namespace

int main(int argc, char** argv) {
    start_safely(argc, argv);
    return run_as_service(argc, argv, work);
}
