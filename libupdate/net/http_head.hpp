// Reads the header lines of HTTP/1.1 responses into an HttpHead.
#pragma once
#include <string>
#include <string_view>

#include "ports/clock.hpp"
#include "ports/http.hpp"

namespace update {

/// Fed line by line; starts anew at each status line, so that interim (1xx) responses leave nothing behind.
/// A malformed value counts as absent; of a repeated header the last one counts.
class HeadReader {
 public:
    /// @param line  with or without its line end
    /// @return true at the empty line that ends the head of a response other than 1xx
    bool line(std::string_view line);

    /// @param now  stands in for the server's own Date header when it sent none
    HttpHead head(WallTime now) const;
    const std::string& location() const { return location_; }
    bool is_redirect() const;

 private:
    void field(std::string_view name, std::string_view value);

    HttpHead head_;
    std::string location_, retry_after_, date_;
};

}  // namespace update
