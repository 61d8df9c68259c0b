// An agent that offers itself the selection which lies beside its configuration (offer.json), unless it runs
// as that version; and to which the file `acknowledged` says what its server would.
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

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

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
    const auto selection = parse_selection(text_of(settings->file.parent_path() / "offer.json"));
    if (selection && selection->version != AGENT_VERSION)
        if (auto taken = (*updater)->offer(*selection); !taken) log << taken.error().message() << std::endl;
    // What a server would say: the update that it confirms, or nothing.
    std::string told;
    while (end == -1) {
        (void)test::looks_until(std::chrono::hours{1}, [&] {
            const std::string said = text_of(settings->file.parent_path() / "acknowledged");
            if (end == -1 && (said.empty() || said == told)) return false;
            told = said;
            return true;
        });
        if (end != -1) break;
        (*updater)->authenticated(true, told == "nothing" ? "" : told);
        log << "told " << told << std::endl;
    }
    return end;
}

}  // namespace

int main(int argc, char** argv) {
    start_safely(argc, argv);
    return run_as_service(argc, argv, work);
}
