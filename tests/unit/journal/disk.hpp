// The state folder of one endpoint, in memory.
#pragma once
#include "layout/layout.hpp"
#include "support/memory_files.hpp"

namespace update::test {

struct StateDisk {
    MemoryFiles files;
    Layout layout{[] {
        Settings settings;
        settings.install_root = "/i";
        settings.state_dir = "/s";
        return settings;
    }()};
};

}  // namespace update::test
