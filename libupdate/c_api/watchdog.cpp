#include <update/update.h>
#include <update/watchdog.hpp>

#include "c_api/call.hpp"

using namespace update;
using update::c::all_given, update::c::call;

update_result update_run_watchdog(const char* settings_file, const char* version, int argc,
                                  const char* const* argv, void (*log)(void*, const char*), void* context,
                                  int* exit_code) {
    return call([&]() -> Status {
        UPDATE_CHECK(all_given("update_run_watchdog", settings_file, version, argv, exit_code), "C API");
        UPDATE_TRY(settings, load_settings(settings_file), "settings");
        if (arguments_of_guarded(argc, argv)) {
            *exit_code = run_guardian(argc, argv, settings);
            return done();
        }
        WatchdogOptions options;
        options.version = version;
        if (argc > 0) options.arguments.assign(argv + 1, argv + argc);
        if (log != nullptr)
            options.log = [=](std::string_view line) { log(context, std::string{line}.c_str()); };
        UPDATE_TRY(code, run_watchdog(std::move(settings), std::move(options)), "watchdog");
        *exit_code = code;
        return done();
    });
}
