// What a transfer must know of a mirror's URL. Pure. All else about http(s) URLs is the Http port's business.
#pragma once
#include <filesystem>
#include <string>

#include <update/result.hpp>

namespace update {

/// The URL of a file of this machine, given by its absolute path: "file:///path", "file:///C:/path".
std::string file_url(const std::filesystem::path&);
bool is_file_url(const std::string& url);
/// Percent-decoded, absolute. @return `refused` for another host than this one, a relative path or a bad
/// escape
Result<std::filesystem::path> path_of_file_url(const std::string& url);

/// Host and port of an http(s) URL without user information, or "local file": all of a URL that messages may
/// show.
std::string place_of(const std::string& url);

}  // namespace update
