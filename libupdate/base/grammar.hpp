// What identifiers and paths may look like, wherever they come from: plans, IPC, configuration, file names.
#pragma once
#include <string>
#include <string_view>

#include <update/result.hpp>

namespace update {

inline constexpr std::size_t max_path_bytes = 1024;
inline constexpr std::size_t max_component_bytes = 255;  ///< NAME_MAX of ext4, xfs, NTFS
inline constexpr std::size_t max_url_bytes = 2048;

/// 1..64 characters of [A-Za-z0-9._-], neither starting nor ending with '.': it becomes a folder name, and
/// Windows drops a final dot.
bool is_update_id(std::string_view text);

/// 1..64 printable ASCII characters without space, quotes, slash or backslash, starting with a letter or
/// digit (so that it is neither an option on a command line nor a dot folder). Wider than SemVer:
/// `1:9.2p1-2+deb12u7` is one.
bool is_version_text(std::string_view text);

/// Products, agents, programs: 1..128 characters of [A-Za-z0-9._+-], starting with a letter or digit.
bool is_plain_name(std::string_view text);

/// A path below the install root: relative, `/`-separated, normalised, at most max_path_bytes, UTF-8, and the
/// same file on Linux and on Windows (no `<>:"|?*\`, no control character, no device name, no final dot or
/// space). No component starts with ".update-": these folders are libupdate's own.
/// @return `refused` with the rule that is broken
Status check_install_path(std::string_view path);

/// @return `refused` unless it is an absolute https, http or file URL of at most max_url_bytes printable
/// ASCII characters; one with a user name or password in it is refused, because URLs are logged.
Status check_url(std::string_view url);

bool is_utf8(std::string_view text);
/// The beginning of a UTF-8 text: at most `limit` bytes, not ending within a character.
std::string shortened(std::string_view text, std::size_t limit);
std::string ascii_lower(std::string_view text);

}  // namespace update
