#include <fmt/format.h>

#include "os/handle.hpp"
#include "os/os_error.hpp"
#include "os/product_folder.hpp"
#include "os/security.hpp"
#include "os/windows.hpp"

namespace update {

Status close_product_folder(const Path& folder) {
    const std::string what = "close folder " + folder.string();
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) return Error{ErrorCode::permission, what, problem};
    // Not through a link: it is the folder itself that is closed.
    const Handle opened{::CreateFileW(folder.c_str(), READ_CONTROL | WRITE_DAC | FILE_READ_ATTRIBUTES,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING,
                                      FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr)};
    if (!opened) return last_error(what);
    FILE_ATTRIBUTE_TAG_INFO tag{};
    if (::GetFileInformationByHandleEx(opened.get(), FileAttributeTagInfo, &tag, sizeof tag) == 0)
        return last_error(what);
    if ((tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
        return Error{ErrorCode::refused, what + ": it is a link"};
    UPDATE_TRY(protection, protection_of(opened), what);
    if (!sddl::is_trusted(protection.owner) && protection.owner != own_account().sid)
        return Error{ErrorCode::refused, fmt::format("{}: it belongs to {}, who may have put anything there; "
                                                     "look into it, remove it, and repeat",
                                                     what, protection.owner)};
    return set_dacl(opened, private_sddl(sddl::Object::folder));
}

}  // namespace update
