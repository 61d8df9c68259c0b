// A folder of programs, named as build systems name them, becomes releases.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "repository/publisher.hpp"

namespace update::repository {

/// What a name says: "my-agent-linux-x86_64-1.2.3-beta.1.exe".
struct ImportName {
    std::string product, os, arch, version;
    bool exe = false;
    bool operator==(const ImportName&) const = default;
};
/// `<product>-<os>-<arch>-<version>[.exe]`; os is one of linux, windows, darwin, freebsd. Nothing for every
/// other name.
std::optional<ImportName> parse_import_name(std::string_view file);

struct Imported {
    std::string product, version, channel;
    unsigned files = 0;
    bool waits = false;  ///< for signatures, and is not published yet
};

/// Publishes each version that lies in the folder, on the channel that a sidecar "<file>.channel" names, on
/// "stable" without one. With `channel`, all of them there. On stable a sidecar that says otherwise is
/// removed: it would lie. Epoch and rollout are those of PublishWish. Names that are none are skipped and
/// listed in `skipped`. Idempotent.
Result<std::vector<Imported>> import_folder(Publisher&, Files&, const Path& folder,
                                            const std::string& channel, std::vector<std::string>& skipped);

}  // namespace update::repository
