// A tree on disk as if a web server served it: bundles, and the publisher's own look at his tree.
#pragma once
#include "ports/files.hpp"
#include "ports/http.hpp"

namespace update::repository {

/// Answers 200 or 404 for URLs below "folder:///"; never leaves its folder, follows no link.
class FolderHttp : public Http {
 public:
    static constexpr const char* base = "folder:///";
    FolderHttp(Files& files, Path folder) : files_{files}, folder_{std::move(folder)} {}
    Result<HttpHead> get(const HttpRequest&, HttpSink&) override;

 private:
    Result<std::unique_ptr<File>> open(const std::string& path);

    Files& files_;
    Path folder_;
};

}  // namespace update::repository
