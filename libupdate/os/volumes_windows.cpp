#include "os/files.hpp"
#include "os/os_error.hpp"
#include "os/place.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

class WindowsVolumes final : public Volumes {
 public:
    Result<Space> space(const Path& path) override {
        if (!path.is_absolute())
            return Error{ErrorCode::refused, "free space of " + quoted(path) + ": the path is not absolute"};
        for (auto at = path;; at = at.parent_path()) {
            const auto found = look(at);
            if (found) return found;
            if (found.error().code() != ErrorCode::not_found || !at.has_relative_path()) return found;
        }
    }

 private:
    static Result<Space> look(const Path& path) {
        UPDATE_TRY(full, literal_path(path), "free space");
        const Handle handle{::CreateFileW(full.c_str(), FILE_READ_ATTRIBUTES,
                                          FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                          OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr)};
        if (!handle) return last_error("free space of " + quoted(path));
        BY_HANDLE_FILE_INFORMATION data{};
        if (!::GetFileInformationByHandle(handle.get(), &data))
            return last_error("free space of " + quoted(path));
        // GetDiskFreeSpaceEx wants a folder. What the caller may use, quotas included.
        const auto folder = (data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0
                                ? full
                                : full.substr(0, full.rfind(L'\\'));
        ULARGE_INTEGER available{};
        if (!::GetDiskFreeSpaceExW((folder + L"\\").c_str(), &available, nullptr, nullptr))
            return last_error("free space of " + quoted(path));
        return Space{data.dwVolumeSerialNumber, available.QuadPart};
    }
};

}  // namespace

std::unique_ptr<Volumes> make_volumes() { return std::make_unique<WindowsVolumes>(); }

}  // namespace update
