// How curl's results translate into reactions, as promised by ports/http.hpp.
#pragma once
#include <curl/curl.h>

#include <update/result.hpp>

namespace update {

/// @param detail  curl's error buffer, may be empty; user information is taken out of it
Error error_of(CURLcode, const char* detail);

}  // namespace update
