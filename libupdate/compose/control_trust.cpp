#include "compose/control_trust.hpp"

#include <fmt/format.h>

#include "compose/publishing.hpp"
#include "durable/durable.hpp"
#include "releases/adopt_root.hpp"
#include "transfer/source_url.hpp"
#include "trust/trusted_set.hpp"

namespace update {
namespace {

using StoreWork = std::function<Status(trust::LocalStore&)>;

Said change_store(Control& control, const StoreWork& work, const std::string& success) {
    Adapters& here = control.adapters();
    const Path folder = control.layout().trust(), state = control.layout().state_dir();
    if (auto made = here.files().make_private_directory(state); !made) return said(made.error());
    const auto lock = here.locks().try_lock(control.layout().journal_lock());
    if (!lock) return said(Error{lock.error()}.in("change what is trusted"));
    if (auto made = here.files().make_private_directory(folder); !made) return said(made.error());
    trust::LocalStore store{here.files(), here.cryptography(), folder};
    if (auto changed = work(store); !changed) return said(changed.error());
    return {ControlExit::ok, success};
}

/// @return its version; an error when it is no root.json, or not signed by itself
Result<trust::Version> version_of_root(Control& control, const std::string& root) {
    trust::TrustedSet set{control.adapters().cryptography(), {}, {}};
    UPDATE_CHECK(set.start(root), "root");
    return set.root().version;
}

}  // namespace

Result<Repository> bundle_repository(const std::string& folder) {
    UPDATE_TRY(bundle, usable_path(folder), "bundle");
    std::error_code problem;
    const Path timestamp = bundle / "metadata" / "timestamp.json";
    if (!std::filesystem::is_regular_file(timestamp, problem))
        return Error{ErrorCode::not_found,
                     fmt::format("{} is no bundle: there is no {}; updatectl bundle export makes one", folder,
                                 timestamp.string())};
    return Repository{file_url(bundle / "metadata"), file_url(bundle / "targets")};
}

Said set_trust(Control& control, const std::string& root_file) {
    const Path& place = control.settings().trust.root;
    if (place.empty())
        return {ControlExit::bad_invocation,
                "no trust.root is configured; write its path into the configuration file"};
    const auto file = usable_path(root_file);
    if (!file) return said(file.error());
    Files& files = control.adapters().files();
    const auto root = read_text(files, *file, trust::Limits{}.root_bytes);
    if (!root) return said(root.error());
    const auto version = version_of_root(control, *root);
    if (!version) return said(Error{version.error()}.in(file->string()));
    return change_store(
        control,
        [&](trust::LocalStore& store) -> Status {
            UPDATE_CHECK(write_durably(files, place, *root), "trust.root");
            return adopt_root(control.adapters().cryptography(), store, *root);
        },
        fmt::format("trust begins with root {}, in {}", *version, place.string()));
}

Said reset_trust(Control& control) {
    const auto root = shipped_root(control.adapters().files(), control.settings().trust);
    if (!root) return said(root.error());
    const auto version = version_of_root(control, *root);
    if (!version) return said(Error{version.error()}.in("trust.root"));
    return change_store(
        control,
        [&](trust::LocalStore& store) -> Status {
            UPDATE_CHECK(store.reset(), "trust");
            return adopt_root(control.adapters().cryptography(), store, *root);
        },
        fmt::format("trust begins again with root {}", *version));
}

}  // namespace update
