#include "os/sddl.hpp"

#include <algorithm>
#include <array>

namespace update::sddl {
namespace {

/// FA: all rights on files. 0x1200a9: read and execute (FILE_GENERIC_READ | FILE_GENERIC_EXECUTE).
std::string entry(Object object, std::string_view rights, std::string_view who) {
    const std::string_view flags = object == Object::folder ? "OICI" : "";
    return "(A;" + std::string{flags} + ";" + std::string{rights} + ";;;" + std::string{who} + ")";
}

// SYSTEM, Administrators, TrustedInstaller; CREATOR OWNER and OWNER RIGHTS stand for the owner. (Well-known
// SIDs, [MS-DTYP] 2.4.2.4.)
constexpr std::array<std::string_view, 5> trusted{
    "S-1-5-18", "S-1-5-32-544", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", "S-1-3-0",
    "S-1-3-4"};

}  // namespace

std::string only_ours(Object object, std::string_view user) {
    std::string text = "D:P" + entry(object, "FA", "SY") + entry(object, "FA", "BA");
    if (!user.empty()) text += entry(object, "FA", user);
    return text;
}

std::string readable_by_all(Object object, std::string_view user) {
    return only_ours(object, user) + entry(object, "0x1200a9", "BU");
}

std::string only_ours_here(std::string_view user) {
    std::string text = "O:" + (user.empty() ? std::string{"BA"} : std::string{user});
    text += "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)";
    if (!user.empty()) text += "(A;;GA;;;" + std::string{user} + ")";
    return text;
}

/// 0x12019b: FILE_GENERIC_READ and FILE_GENERIC_WRITE without FILE_CREATE_PIPE_INSTANCE (4).
std::string pipe_for_all_here(std::string_view user) { return only_ours_here(user) + "(A;;0x12019b;;;AU)"; }

bool is_trusted(std::string_view sid) {
    return std::find(trusted.begin(), trusted.end(), sid) != trusted.end();
}

}  // namespace update::sddl
