// The content of a file. The system calls that fail rarely are interposed: the definitions below win over
// libc's.
#include <atomic>
#include <deque>

#include "os/files.hpp"
#include "support.hpp"

using namespace update;
using namespace update::test;

namespace {

std::deque<int> fsync_errors;         // errno of the next calls; 0: the real one
std::deque<int> write_interruptions;  // errno of the next calls; 0: write one byte only
std::deque<int> read_interruptions;
std::vector<std::pair<std::uint64_t, std::uint64_t>> write_backs;
unsigned write_back_flags = 0;

/// @return true when the call shall fail with errno set; takes the next entry.
bool next(std::deque<int>& planned, int& error) {
    if (planned.empty()) return false;
    error = planned.front();
    planned.pop_front();
    return true;
}

}  // namespace

extern "C" {
int fsync(int fd) {
    if (int error = 0; next(fsync_errors, error) && error != 0) return errno = error, -1;
    return static_cast<int>(::syscall(SYS_fsync, fd));
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t offset) {
    if (int error = 0; next(write_interruptions, error)) {
        if (error != 0) return errno = error, -1;
        size = 1;
    }
    return ::syscall(SYS_pwrite64, fd, from, size, offset);
}
ssize_t pread(int fd, void* to, size_t size, off_t offset) {
    if (int error = 0; next(read_interruptions, error)) {
        if (error != 0) return errno = error, -1;
        size = 1;
    }
    return ::syscall(SYS_pread64, fd, to, size, offset);
}
int sync_file_range(int, off64_t offset, off64_t size, unsigned flags) {
    write_backs.emplace_back(offset, size);
    write_back_flags |= flags;
    return errno = EIO, -1;
}
}

namespace {

std::unique_ptr<File> create(const Path& path) {
    auto file = make_files()->open(path, OpenMode::create_new);
    REQUIRE(file.has_value());
    return std::move(*file);
}

std::string read_back(File& file, std::uint64_t offset, std::size_t size) {
    std::string text(size, '\0');
    const auto got = file.read(offset, std::as_writable_bytes(std::span{text}));
    REQUIRE(got.has_value());
    text.resize(*got);
    return text;
}

}  // namespace

TEST_CASE("what was written is read back, and the end of the file is 0 bytes") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    REQUIRE(file->write(0, bytes("hello ")).has_value());
    REQUIRE(file->write(6, bytes("world")).has_value());
    CHECK(read_back(*file, 0, 100) == "hello world");
    CHECK(read_back(*file, 11, 100).empty());
    REQUIRE(file->truncate(5).has_value());
    CHECK(read_back(*file, 0, 100) == "hello");
    CHECK(file->flush().has_value());
}

TEST_CASE("offsets around 2 and 4 GiB are exact") {
    Scratch scratch;
    const auto file = create(scratch / "sparse");
    for (const auto base : {std::uint64_t{1} << 31, std::uint64_t{1} << 32}) {
        for (const auto offset : {base - 1, base, base + 1}) {
            REQUIRE(file->write(offset, bytes("x")).has_value());
            CHECK(read_back(*file, offset, 9) == "x");
            CHECK(file->info()->size_bytes == offset + 1);
        }
    }
}

TEST_CASE("offsets beyond what the system can address are unsupported, not wrapped") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    const auto too_far = std::uint64_t{1} << 63;
    std::array<std::byte, 2> buffer{};
    CHECK(code(file->write(too_far - 1, buffer)) == ErrorCode::unsupported);
    CHECK(code(file->read(too_far, buffer)) == ErrorCode::unsupported);
    CHECK(code(file->truncate(too_far)) == ErrorCode::unsupported);
}

TEST_CASE("interrupted and short writes are continued") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    write_interruptions = {EINTR, 0, EINTR, 0};
    REQUIRE(file->write(0, bytes("hello world")).has_value());
    CHECK(write_interruptions.empty());
    CHECK(get(scratch / "f") == "hello world");
}

TEST_CASE("interrupted and short reads are continued") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    REQUIRE(file->write(0, bytes("hello world")).has_value());
    read_interruptions = {EINTR, 0, 0, EINTR};
    CHECK(read_back(*file, 0, 100) == "hello world");
}

TEST_CASE("a write that fails on the device is to be tried later") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    write_interruptions = {EIO};
    CHECK(code(file->write(0, bytes("hello"))) == ErrorCode::retry_later);
}

TEST_CASE("a read that fails on the device is to be tried later") {
    // Address 0 of one's own memory is never mapped: a real EIO.
    const auto file = make_files()->open("/proc/" + std::to_string(::getpid()) + "/mem", OpenMode::read);
    REQUIRE(file.has_value());
    std::array<std::byte, 1> buffer{};
    const auto result = (*file)->read(0, buffer);
    CHECK(code(result) == ErrorCode::retry_later);
    CHECK(result.error().os().value() == EIO);
}

TEST_CASE("a quota that is used up is a full disk") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    write_interruptions = {EDQUOT};
    const auto result = file->write(0, bytes("hello"));
    CHECK(code(result) == ErrorCode::no_space);
    CHECK(result.error().evidence().need_bytes == 5);
    CHECK(result.error().evidence().have_bytes.has_value());
}

TEST_CASE("a full disk says what was needed and what there was") {
    if (skipped_without_root("mounting a small disk needs it")) return;
    Scratch scratch;
    Mount mount{scratch / "disk", "size=1m"};
    const auto file = create(scratch / "disk/f");
    const auto result = file->write(0, bytes(std::string(2 << 20, 'x')));
    CHECK(code(result) == ErrorCode::no_space);
    CHECK(result.error().evidence().need_bytes == 1 << 20);
    CHECK(result.error().evidence().have_bytes == 0);
}

TEST_CASE("a flush that failed once never becomes a success") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    fsync_errors = {EIO};
    CHECK(code(file->flush()) == ErrorCode::retry_later);
    CHECK(fsync_errors.empty());
    CHECK(code(file->flush()) == ErrorCode::retry_later);  // the kernel would say yes now
    CHECK(create(scratch / "g")->flush().has_value());
}

TEST_CASE("a flush that finds the disk full says so") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    fsync_errors = {ENOSPC};
    const auto result = file->flush();
    CHECK(code(result) == ErrorCode::no_space);
    CHECK(result.error().evidence().have_bytes.has_value());
}

TEST_CASE("an interrupted flush is continued") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    fsync_errors = {EINTR, EINTR};
    CHECK(file->flush().has_value());
    CHECK(fsync_errors.empty());
}

TEST_CASE("a flush of a folder reports its failure") {
    Scratch scratch;
    fsync_errors = {EIO};
    CHECK(code(make_files()->flush_directory(scratch.path())) == ErrorCode::retry_later);
}

TEST_CASE(
    "a long sequential write is handed to the disk every 8 MiB, and trouble there is left to the flush") {
    Scratch scratch;
    const auto file = create(scratch / "f");
    write_backs.clear();
    const std::string chunk(1 << 20, 'x');
    for (unsigned i = 0; i < 20; ++i) REQUIRE(file->write(i * chunk.size(), bytes(chunk)).has_value());
    const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{{0, 8 << 20}, {8 << 20, 8 << 20}};
    CHECK(write_backs == expected);
    CHECK(write_back_flags == SYNC_FILE_RANGE_WRITE);
}
