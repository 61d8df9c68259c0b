#include "repository/sweep.hpp"

#include <algorithm>

namespace update::repository {
Sweep::Sweep(Files& files, WallTime now, Since before)
    : files_{files},
      now_{std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()},
      before_{std::move(before)} {}

Status Sweep::take(const Path& path, const std::string& note, std::chrono::hours age) {
    const auto known = before_.find(note);
    const auto first = known != before_.end() ? std::min(known->second, now_) : now_;
    if (now_ - first < std::chrono::seconds{age}.count()) {
        since_[note] = first;
        ++garbage_.waiting;
        return done();
    }
    UPDATE_CHECK(files_.remove(path), "gc");
    taken_.insert(path);
    ++garbage_.removed;
    return done();
}

}  // namespace update::repository
