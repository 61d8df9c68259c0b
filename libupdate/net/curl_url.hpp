// What the adapter must know of a URL, by curl's own parser: two parsers that disagree are how filters are
// passed by.
#pragma once
#include <string>

#include <update/result.hpp>

namespace update {

struct Url {
    std::string text;    ///< absolute
    std::string scheme;  ///< lower case
    std::string host;
};
/// Neither normalises the path. Errors do not contain the URL.
/// @return `refused` when it is not an absolute URL with a host
Result<Url> parse_url(const std::string& text);
/// Where `location`, absolute or relative to `base`, leads. @return `refused` as above.
Result<Url> resolve_url(const Url& base, const std::string& location);

/// `text` with every "//user:password@" shortened to "//".
std::string without_user_info(std::string text);

}  // namespace update
