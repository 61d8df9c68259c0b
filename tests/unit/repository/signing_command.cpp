// signing_command fail KEY_ID FILE                 what a publisher calls, and it cannot
// signing_command file|nothing FOLDER KEY_ID FILE  signs the file, or nothing, with FOLDER/KEY_ID.pem
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "crypto/openssl_keysmith.hpp"

namespace {

std::string read(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

int fail(const std::string& key_id, const std::string& file) {
    return !key_id.empty() && std::filesystem::is_regular_file(file) ? 7 : 3;
}

int sign(const std::filesystem::path& private_key, const std::string& message) {
    const auto key = update::OpensslKeysmith{}.load(read(private_key), "words");
    if (!key) return 4;
    const auto signature = (*key)->sign(message);
    if (!signature) return 5;
    for (const unsigned char byte : *signature) std::printf("%02x", byte);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "fail" && argc == 4) return fail(argv[2], argv[3]);
    if (argc != 5) return 2;
    const auto key = std::filesystem::path{argv[2]} / (std::string{argv[3]} + ".pem");
    return sign(key, what == "file" ? read(argv[4]) : std::string{});
}
