#include "output.hpp"

#include <cstdio>
#include <cstdlib>

#include "base/json_reader.hpp"
#include "compose/control_trust.hpp"
#include "human.hpp"
#include "os/terminal.hpp"

namespace update::ctl {

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

int finish(const Options& options, const Said& result) {
    if (options.json) {
        print(json_text({{"exit", name(result.exit)}, {"message", result.message}}) + "\n");
    } else if (!result.message.empty()) {
        const std::string line = printable(result.message) + "\n";
        if (result.exit == ControlExit::ok)
            print(line);
        else
            std::fprintf(stderr, "updatectl: %s", line.c_str());
    }
    return static_cast<int>(result.exit);
}

int refuse(const Options& options, const Error& error) { return finish(options, said(error)); }

Screen screen() {
    const auto columns = terminal_columns();
    if (!columns) return {};
    return {*columns, true};
}

std::unique_ptr<Control> open_endpoint(const Options& options, int& code) {
    auto settings = load_settings(options.config);
    if (!settings) {
        code = finish(options, {ControlExit::bad_invocation, settings.error().message()});
        return nullptr;
    }
    if (!options.bundle.empty()) {
        const auto bundle = bundle_repository(options.bundle);
        if (!bundle) {
            code = finish(options, {ControlExit::bad_invocation, bundle.error().message()});
            return nullptr;
        }
        settings->trust.repositories = {*bundle};
    }
    auto control = Control::open(*settings);
    if (control) return std::move(*control);
    code = refuse(options, control.error());
    return nullptr;
}

std::unique_ptr<Control> open_readable_endpoint(const Options& options, int& code) {
    auto control = open_endpoint(options, code);
    if (!control) return nullptr;
    const auto allowed = control->readable();
    if (allowed) return control;
    code = refuse(options, allowed.error());
    return nullptr;
}

}  // namespace update::ctl
