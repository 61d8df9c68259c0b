#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <string_view>
#include <vector>

#include "crypto/openssl_hashing.hpp"
#include "crypto/pipelined_hashing.hpp"

namespace update {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

std::vector<std::byte> random_bytes(std::size_t size, unsigned seed) {
    std::mt19937 random{seed};
    std::vector<std::byte> bytes(size);
    for (auto& b : bytes) b = static_cast<std::byte>(random() & 0xff);
    return bytes;
}

Sha256 in_one_piece(Hashing& hashing, std::span<const std::byte> bytes) {
    auto stream = hashing.sha256();
    stream->update(bytes);
    return stream->finish();
}

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
    OpensslHashing hashing;
    CHECK(to_hex(in_one_piece(hashing, {})) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(in_one_piece(hashing, bytes_of("abc"))) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a pipelined stream gives the digest of the plain one for every size around its blocks") {
    OpensslHashing plain;
    PipelinedHashing pipelined{plain};
    constexpr std::size_t block = 64 * 1024;
    const auto bytes = random_bytes(9 * block + 7, 1);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, block - 1, block, block + 1, 8 * block, 9 * block + 7}) {
        CAPTURE(size);
        const std::span part{bytes.data(), size};
        CHECK(in_one_piece(pipelined, part) == in_one_piece(plain, part));
    }
}

TEST_CASE("a pipelined stream does not depend on how the bytes are cut into pieces") {
    constexpr unsigned seed = 7;
    CAPTURE(seed);
    OpensslHashing plain;
    PipelinedHashing pipelined{plain};
    const auto bytes = random_bytes(3'000'000, seed);
    std::mt19937 random{seed};
    auto stream = pipelined.sha256();
    for (std::size_t at = 0; at < bytes.size();) {
        const auto size = std::min<std::size_t>(random() % 700'000, bytes.size() - at);
        stream->update({bytes.data() + at, size});
        at += size;
    }
    CHECK(stream->finish() == in_one_piece(plain, bytes));
}

TEST_CASE("a pipelined stream may be dropped unfinished") {
    OpensslHashing plain;
    PipelinedHashing pipelined{plain};
    const auto bytes = random_bytes(2'000'000, 3);
    auto stream = pipelined.sha256();
    stream->update(bytes);
    stream.reset();
    CHECK(in_one_piece(pipelined, bytes) == in_one_piece(plain, bytes));
}

}  // namespace update
