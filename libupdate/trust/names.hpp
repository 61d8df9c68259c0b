// Names of roles and targets as parts of URLs and as names of files. Both come from strangers.
#pragma once
#include <string>
#include <string_view>

namespace update::trust {

/// Every byte but letters, digits and `-._~` as %XX (RFC 3986, unreserved).
std::string percent_encoded(std::string_view text);

/// A target's path as it goes into a URL: `/`, what may stand in a path and complete %XX stay as they are,
/// since TUF targets are named by URL paths (4.5); everything else is encoded, `?` and `#` too.
std::string encoded_path(std::string_view path);

/// One name in one folder, whatever `text` is: percent-encoded, a leading dot too, and shortened by a digest
/// when it would be too long for a file system. Different texts get different names.
/// @param digest  hexadecimal SHA-256 of `text`
std::string file_name(std::string_view text, std::string_view digest);

/// `base` with one '/' at its end.
std::string folder_url(std::string_view base);

}  // namespace update::trust
