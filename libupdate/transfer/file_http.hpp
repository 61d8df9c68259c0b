// Folders of this machine as if a web server served them: bundles, and a publisher's own look at his tree.
#pragma once
#include "ports/files.hpp"
#include "ports/http.hpp"

namespace update {

/// Answers 200 or 404 for file URLs; follows no link. All other URLs are another's.
class FileHttp : public Http {
 public:
    /// @param others  nullptr: other URLs are `refused`
    explicit FileHttp(Files& files, Http* others = nullptr) : files_{files}, others_{others} {}
    Result<HttpHead> get(const HttpRequest&, HttpSink&) override;

 private:
    Result<std::unique_ptr<File>> open(const std::string& url);

    Files& files_;
    Http* others_;
};

}  // namespace update
