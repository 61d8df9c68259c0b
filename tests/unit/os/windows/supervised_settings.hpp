// One supervised program, for the tests and for the helper that supervises it in another process.
#pragma once
#include <update/settings.hpp>

#include "os/children.hpp"

namespace windows_test {

/// `folder` holds root/agent.exe and state/run. The agent runs in `mode` and tells in `folder`/told.
inline update::Settings supervised_settings(const std::filesystem::path& folder, const std::string& mode) {
    update::Settings settings;
    settings.install_root = folder / "root";
    settings.state_dir = folder / "state";
    settings.programs[0].path = "agent.exe";
    settings.programs[0].stop_timeout = std::chrono::seconds{5};
    settings.programs[0].arguments = {mode, (folder / "told").string()};
    return settings;
}

}  // namespace windows_test
