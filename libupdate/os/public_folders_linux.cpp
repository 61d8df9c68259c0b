#include <cerrno>
#include <sys/stat.h>

#include "os/directory.hpp"
#include "os/files.hpp"
#include "os/os_error.hpp"
#include "os/public_folders.hpp"

namespace update {
namespace {

constexpr ::mode_t readable_by_all = 0755;

class LinuxPublicFolders final : public PublicFolders {
 public:
    Status make(const Path& path) override {
        const auto what = "make folder '" + path.string() + "'";
        UPDATE_TRY(place, find_place(path, FolderWalk::best), what);
        if (::mkdirat(place.folder.get(), place.leaf.c_str(), readable_by_all) == 0)
            return set_mode(place, path);
        if (errno != EEXIST) return os_error(errno, what);
        UPDATE_TRY(status, look_at(place, path), what);
        if (S_ISDIR(status.st_mode)) return done();
        return Error{ErrorCode::refused, what + ": something else has this name; remove it"};
    }

 private:
    /// Whatever the umask is.
    static Status set_mode(const Place& place, const Path& path) {
        UPDATE_TRY(folder, open_folder(place, path), "make folder");
        if (::fchmod(folder.get(), readable_by_all) != 0)
            return os_error(errno, "mode of '" + path.string() + "'");
        return done();
    }
};

}  // namespace

std::unique_ptr<PublicFolders> make_public_folders() { return std::make_unique<LinuxPublicFolders>(); }

}  // namespace update
