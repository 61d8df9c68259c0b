// What the operating system does for the server: twins for Linux and Windows.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <update/result.hpp>

namespace control {

/// What this process makes is for its own account, and a peer that hangs up is no signal.
void prepare_process();

/// A regular file, open for reading; whoever publishes may move it away meanwhile.
class OpenFile {
 public:
    struct Info {
        std::uint64_t size_bytes = 0, inode = 0;
        std::int64_t modified_ns = 0;  ///< of the system's own epoch
    };

    OpenFile() = default;
    /// Below that folder, by plain names of folders and of the file; never follows a link.
    /// @return `not_found` for everything that is not such a file
    static update::Result<OpenFile> open(const std::string& folder, const std::vector<std::string>& names);
    OpenFile(OpenFile&& other) noexcept
        : info_{other.info_}, native_{std::exchange(other.native_, std::intptr_t{-1})} {}
    OpenFile& operator=(OpenFile&& other) noexcept {
        info_ = other.info_;
        std::swap(native_, other.native_);
        return *this;
    }
    ~OpenFile();

    const Info& info() const { return info_; }  ///< when it was opened
    /// @return how many bytes came; 0 behind its end, and when it cannot be read
    std::size_t read(std::uint64_t at, void* to, std::size_t count) const;

 private:
    explicit OpenFile(std::intptr_t native) : native_{native} {}

    Info info_;
    std::intptr_t native_ = -1;
};

enum class Readers { owner, everybody };
/// Writes a file anew, in the place of one that is there. On Windows its readers are those of its folder.
update::Status write_file(const std::string& path, Readers, const std::string& text);

}  // namespace control
