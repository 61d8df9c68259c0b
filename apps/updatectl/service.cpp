// Commands about the units of the service manager.
#include "compose/control_service.hpp"
#include "output.hpp"

namespace update::ctl {
namespace {

int change(const Options& options, Said (*act)(Control&, Really)) {
    int code = 0;
    const auto control = open_endpoint(options, code);
    if (!control) return code;
    return finish(options, act(*control, options.dry_run ? Really::only_say : Really::yes));
}

}  // namespace

int service_print(const Options& options) {
    int code = 0;
    const auto control = open_endpoint(options, code);
    if (!control) return code;
    const auto text = print_service(*control);
    if (!text) return refuse(options, text.error());
    print(*text);
    return 0;
}

int service_install(const Options& options) { return change(options, install_service); }
int service_repair(const Options& options) { return change(options, repair_service); }
int service_remove(const Options& options) { return change(options, remove_service); }

}  // namespace update::ctl
