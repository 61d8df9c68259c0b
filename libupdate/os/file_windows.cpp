#include <algorithm>
#include <limits>
#include <optional>

#include "os/open_file.hpp"
#include "os/os_error.hpp"
#include "os/security.hpp"
#include "os/windows.hpp"

namespace update {
namespace {

constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
/// ReadFile and WriteFile count in 32 bits (security rule R9).
constexpr std::size_t piece_bytes = std::size_t{1} << 30;

OVERLAPPED at(std::uint64_t offset) {
    OVERLAPPED position{};
    position.Offset = static_cast<DWORD>(offset);
    position.OffsetHigh = static_cast<DWORD>(offset >> 32);
    return position;
}

class WindowsFile final : public File {
 public:
    WindowsFile(Handle handle, Path path) : handle_{std::move(handle)}, path_{std::move(path)} {}

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
        if (!fits(offset, into.size())) return too_far("read");
        std::size_t got = 0;
        while (got < into.size()) {
            OVERLAPPED position = at(offset + got);
            DWORD n = 0;
            const auto wanted = static_cast<DWORD>(std::min(into.size() - got, piece_bytes));
            if (!::ReadFile(handle_.get(), into.data() + got, wanted, &n, &position)) {
                if (::GetLastError() == ERROR_HANDLE_EOF) break;
                return last_error("read " + quoted(path_));
            }
            if (n == 0) break;
            got += n;
        }
        return got;
    }

    Status write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        if (!fits(offset, bytes.size())) return too_far("write");
        std::size_t put = 0;
        while (put < bytes.size()) {
            OVERLAPPED position = at(offset + put);
            DWORD n = 0;
            const auto wanted = static_cast<DWORD>(std::min(bytes.size() - put, piece_bytes));
            if (!::WriteFile(handle_.get(), bytes.data() + put, wanted, &n, &position) || n == 0)
                return write_error("write " + quoted(path_), bytes.size() - put);
            put += n;
        }
        return done();
    }

    Status truncate(std::uint64_t size_bytes) override {
        if (!fits(size_bytes, 0)) return too_far("truncate");
        FILE_END_OF_FILE_INFO end{};
        end.EndOfFile.QuadPart = static_cast<LONGLONG>(size_bytes);
        if (!::SetFileInformationByHandle(handle_.get(), FileEndOfFileInfo, &end, sizeof end))
            return write_error("truncate " + quoted(path_), std::nullopt);
        return done();
    }

    /// A failed flush is final for this open file: which bytes are lost is not known, and a second one could
    /// succeed without them. The caller must write a new file.
    Status flush() override {
        if (flush_failed_) return lost(*flush_failed_);
        if (::FlushFileBuffers(handle_.get())) return done();
        flush_failed_ = ::GetLastError();
        // Opened for reading only: there is nothing of ours to flush.
        if (*flush_failed_ == ERROR_ACCESS_DENIED) {
            flush_failed_.reset();
            return done();
        }
        return lost(*flush_failed_);
    }

    Result<FileInfo> info() const override { return info_of(handle_, path_); }

    Status copy_properties(const File& from) override {
        const auto* source = dynamic_cast<const WindowsFile*>(&from);
        if (source == nullptr) return Error{ErrorCode::bug, "properties of a file that is not the system's"};
        UPDATE_CHECK(update::copy_properties(source->handle_, handle_),
                     "copy properties of " + quoted(source->path_) + " to " + quoted(path_));
        return done();
    }

    /// Windows knows no right to execute apart from the right to read: what others may read, they may run.
    Status set_mode(std::uint32_t mode) override {
        constexpr std::uint32_t others_read = 0004;
        UPDATE_CHECK(set_dacl(handle_, (mode & others_read) != 0 ? public_sddl(sddl::Object::file)
                                                                 : private_sddl(sddl::Object::file)),
                     "set mode of " + quoted(path_));
        return done();
    }

 private:
    static bool fits(std::uint64_t offset, std::uint64_t size) {
        constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return offset <= max && size <= max - offset;
    }
    Error too_far(const char* verb) const {
        return Error{ErrorCode::unsupported,
                     std::string{verb} + " " + quoted(path_) + ": offset beyond 2^63"};
    }
    Error write_error(std::string what, std::optional<std::uint64_t> need) const {
        auto error = last_error(std::move(what));
        if (error.code() != ErrorCode::no_space) return error;
        Evidence evidence;
        evidence.need_bytes = need;
        if (const auto space = make_volumes()->space(path_)) evidence.have_bytes = space->free_bytes;
        return std::move(error).with(evidence);
    }
    Error lost(DWORD reason) const {
        return os_error(static_cast<int>(reason),
                        "flush " + quoted(path_) + ": written bytes are lost, write the file anew");
    }

    Handle handle_;
    Path path_;
    std::optional<DWORD> flush_failed_;
};

struct How {
    DWORD access, disposition;
};
How how(OpenMode mode) {
    constexpr DWORD read = GENERIC_READ, write = GENERIC_READ | GENERIC_WRITE;
    switch (mode) {
        case OpenMode::read:
            return {read, OPEN_EXISTING};
        case OpenMode::create_new:
            return {write, CREATE_NEW};
        case OpenMode::read_write:
            return {write, OPEN_EXISTING};
        case OpenMode::read_write_new:
            return {write, OPEN_ALWAYS};
    }
    return {read, OPEN_EXISTING};
}

/// A plain account may have no right to change owner and access list; only copying properties needs it, and
/// says so then.
Result<Handle> open_widest(const Place& place, OpenRequest request, const Path& path) {
    if ((request.access & GENERIC_WRITE) == 0) return open_at(place, request, path);
    request.access |= WRITE_DAC | WRITE_OWNER;
    auto handle = open_at(place, request, path);
    if (handle || handle.error().code() != ErrorCode::permission) return handle;
    request.access &= ~static_cast<std::uint32_t>(WRITE_OWNER);
    handle = open_at(place, request, path);
    if (handle || handle.error().code() != ErrorCode::permission) return handle;
    request.access &= ~static_cast<std::uint32_t>(WRITE_DAC);
    return open_at(place, request, path);
}

}  // namespace

Result<std::unique_ptr<File>> open_file(const Path& path, OpenMode mode) {
    UPDATE_TRY(place, find_place(path), "open file");
    UPDATE_TRY(descriptor, make_descriptor(private_sddl(sddl::Object::file)), "open file");
    const auto [access, disposition] = how(mode);
    auto handle =
        open_widest(place, {access, share_all, disposition, FILE_ATTRIBUTE_NORMAL, descriptor.get()}, path);
    if (!handle) {
        // Windows answers "access denied" for a folder: tell the caller what it is.
        const auto there = open_for_look(place, path);
        const auto info = there ? info_of(*there, path) : Result<FileInfo>{Error{there.error()}};
        if (info && info->kind != FileInfo::Kind::file)
            return Error{ErrorCode::refused, "open file: " + quoted(path) + " is not a regular file"};
        return std::move(handle).error().in("open file");
    }
    UPDATE_TRY(info, info_of(*handle, path), "open file");
    if (info.kind == FileInfo::Kind::link)
        return Error{ErrorCode::refused, "open file: " + quoted(path) + " is a symbolic link"};
    if (info.kind != FileInfo::Kind::file || ::GetFileType(handle->get()) != FILE_TYPE_DISK)
        return Error{ErrorCode::refused, "open file: " + quoted(path) + " is not a regular file"};
    return std::unique_ptr<File>{std::make_unique<WindowsFile>(std::move(*handle), path)};
}

}  // namespace update
