#include "os/os_error.hpp"
#include "os/place.hpp"
#include "os/public_folders.hpp"
#include "os/security.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

class WindowsPublicFolders final : public PublicFolders {
 public:
    Status make(const Path& path) override {
        const auto what = "make folder " + quoted(path);
        UPDATE_TRY(place, find_place(path), what);
        UPDATE_TRY(descriptor, make_descriptor(public_sddl(sddl::Object::folder)), what);
        SECURITY_ATTRIBUTES attributes{sizeof attributes, descriptor.get(), FALSE};
        if (::CreateDirectoryW(place.full.c_str(), &attributes)) return done();
        if (::GetLastError() != ERROR_ALREADY_EXISTS) return last_error(what);
        const auto folder = open_folder(place, path);
        return folder ? done() : Status{Error{folder.error()}.in(what)};
    }
};

}  // namespace

std::unique_ptr<PublicFolders> make_public_folders() { return std::make_unique<WindowsPublicFolders>(); }

}  // namespace update
