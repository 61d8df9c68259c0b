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

/// Without the words in it that say where entries come from. `flags` consists of words of two letters, and
/// P, which is one.
std::string without_origin(std::string_view flags) {
    std::string left;
    while (!flags.empty()) {
        const auto word = flags.substr(0, flags.front() == 'P' ? 1 : 2);
        if (word != "AI" && word != "AR" && word != "ID") left += word;
        flags.remove_prefix(word.size());
    }
    return left;
}

/// Type; flags; and the rest of one entry, or all of what stands before the first.
std::string entry_without_origin(std::string_view entry) {
    const auto begin = entry.find(';') + 1;
    const auto end = entry.find(';', begin);
    if (begin == 0 || end == std::string_view::npos) return std::string{entry};
    return std::string{entry.substr(0, begin)} + without_origin(entry.substr(begin, end - begin)) +
           std::string{entry.substr(end)};
}

/// An entry ends where its parentheses do; conditions contain further ones.
std::size_t length_of_entry(std::string_view text) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (depth == 0) return i + 1;
    }
    return text.size();
}

std::string rights_of(std::string_view text) {
    const auto list = text.find("D:");  // no name of an account ends with a letter before a colon
    if (list == std::string_view::npos) return std::string{text};
    const auto flags = list + 2, entries = std::min(text.find('(', flags), text.size());
    std::string rights{text.substr(0, flags)};
    rights += without_origin(text.substr(flags, entries - flags));
    for (text.remove_prefix(entries); !text.empty();) {
        const auto length = length_of_entry(text);
        rights += entry_without_origin(text.substr(0, length));
        text.remove_prefix(length);
    }
    return rights;
}

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

bool same_rights(std::string_view one, std::string_view other) { return rights_of(one) == rights_of(other); }

}  // namespace update::sddl
