#include "transfer/space.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <vector>

namespace update {
namespace {

constexpr std::uint64_t bookkeeping_bytes = 1024 * 1024;

struct Need {
    Path path;  ///< the first one on the volume: what an operator knows it by
    Space space;
    std::uint64_t bytes = bookkeeping_bytes;

    /// A sum that does not fit 64 bits fits no disk either.
    void add(std::uint64_t more) {
        bytes = more > std::numeric_limits<std::uint64_t>::max() - bytes
                    ? std::numeric_limits<std::uint64_t>::max()
                    : bytes + more;
    }
};

class Needs {
 public:
    explicit Needs(Volumes& volumes) : volumes_{volumes} {}

    /// @return the place in the list of the volume that `path` is or will be on
    Result<std::size_t> at(const Path& path) {
        UPDATE_TRY(space, volumes_.space(path), path.string());
        const auto found =
            std::ranges::find(needs_, space.volume, [](const Need& n) { return n.space.volume; });
        if (found == needs_.end()) {
            needs_.push_back({path, space});
            return needs_.size() - 1;
        }
        return static_cast<std::size_t>(found - needs_.begin());
    }
    Need& operator[](std::size_t index) { return needs_[index]; }

    Status enough() const {
        for (const auto& need : needs_) {
            if (need.bytes <= need.space.free_bytes) continue;
            Evidence evidence;
            evidence.need_bytes = need.bytes;
            evidence.have_bytes = need.space.free_bytes;
            return Error{ErrorCode::no_space,
                         fmt::format("the volume of {} needs {} free bytes and has {}", need.path.string(),
                                     need.bytes, need.space.free_bytes)}
                .with(evidence);
        }
        return done();
    }

 private:
    Volumes& volumes_;
    std::vector<Need> needs_;
};

/// A longer file than promised is emptied before the download starts.
std::uint64_t bytes_held(Files& files, const Path& partial, std::uint64_t size_bytes) {
    const auto info = files.info(partial);
    const bool usable = info && info->kind == FileInfo::Kind::file && info->size_bytes <= size_bytes;
    return usable ? info->size_bytes : 0;
}

}  // namespace

Status check_space(const Plan& plan, const Layout& layout, Volumes& volumes, Files& files) {
    Needs needs{volumes};
    UPDATE_TRY(state, needs.at(layout.state_dir()), "free space");
    for (std::size_t n = 0; n < plan.artifacts.size(); ++n) {
        const auto& artifact = plan.artifacts[n];
        const auto installed = layout.installed(artifact);
        needs[state].add(artifact.size_bytes -
                         bytes_held(files, layout.partial(plan.update_id, n), artifact.size_bytes));
        UPDATE_TRY(target, needs.at(installed.parent_path()), "free space");
        if (target != state) needs[target].add(artifact.size_bytes);
        const auto old = files.info(installed);
        if (!old && old.error().code() != ErrorCode::not_found) needs[target].add(artifact.size_bytes);
    }
    return needs.enough();
}

}  // namespace update
