// A private folder of the test's own, which goes with it.
#pragma once
#include <filesystem>
#include <random>
#include <string>
#include <system_error>

namespace update::test {

class TempFolder {
 public:
    explicit TempFolder(const std::filesystem::path& base = std::filesystem::temp_directory_path()) {
        std::random_device chance;
        const auto name = "libupdate-" + std::to_string(chance()) + "-" + std::to_string(chance());
        std::filesystem::create_directory(base / name);
        std::filesystem::permissions(base / name, std::filesystem::perms::owner_all);
        path_ = std::filesystem::canonical(base / name);  // without links and short names
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
};

}  // namespace update::test
