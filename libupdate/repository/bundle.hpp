// One product and channel as a folder to carry into a site without a network. It is a TUF repository like any
// other, so the same verifier reads it.
#pragma once
#include <string>
#include <vector>

#include "policy/release.hpp"
#include "ports/public_folders.hpp"
#include "trust/client.hpp"

namespace update::repository {

// All of it reads folders: the http of the ports is a FileHttp (transfer/file_http.hpp).

/// Copies the metadata of the tree, and the targets of this product and channel.
/// @param tree  the published folder, with `metadata` and `targets`; only what is signed and intact is copied
/// @param scratch  a folder that may be created, and is removed
/// @return how many targets
Result<unsigned> export_bundle(trust::ClientPorts, PublicFolders&, const Path& tree,
                               const std::string& product, const std::string& channel, const Path& to,
                               const Path& scratch);

struct Applied {
    ReleaseList list;
    std::vector<Path> files;  ///< one per artifact, in the order of the list
};
/// Verifies the bundle against `store` (an endpoint's trust, which moves on) and copies release list and
/// artifacts of one version into `into`. @param version  empty: the newest
Result<Applied> apply_bundle(trust::ClientPorts, const Path& bundle, const Path& store,
                             const std::string& product, const std::string& channel,
                             const std::string& version, const Path& into, const trust::ClientOptions&);

/// Reads the tree as a client would, from its first root on, and every target of every role with it.
/// @return problems, one line each; empty: all is well
Result<std::vector<std::string>> check_tree(trust::ClientPorts, const Path& tree, const Path& scratch);

}  // namespace update::repository
