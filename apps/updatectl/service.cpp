// Commands about the units of the service manager.
#include <functional>

#include "compose/control_service.hpp"
#include "output.hpp"

namespace update::ctl {
namespace {

int change(const Options& options, const std::function<Said(Control&, Really)>& act) {
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
int service_remove(const Options& options) {
    const Extent extent = options.purge ? Extent::everything : Extent::services;
    return change(options, [extent](Control& control, Really really) {
        return remove_service(control, really, extent);
    });
}

}  // namespace update::ctl
