#include <cstdio>

#include "command_line.hpp"
#include "os/safe_start.hpp"

using namespace update;

int main(int argc, char** argv) {
    start_safely(argc, argv);
    CLI::App app{"Looks at an endpoint's updates, and steers them.", "updatectl"};
    ctl::Options options;
    std::function<int(const ctl::Options&)> command;
    app.set_version_flag("--version", UPDATECTL_VERSION);
    ctl::describe_command_line(app, options, command);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : static_cast<int>(ControlExit::bad_invocation);
    }
    return command(options);
}
