#include "compose/publishing.hpp"

#include <fmt/format.h>
#include <fstream>

#include "crypto/openssl_cryptography.hpp"
#include "crypto/openssl_hashing.hpp"
#include "crypto/openssl_keysmith.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "os/locks.hpp"
#include "os/processes.hpp"
#include "os/public_folders.hpp"
#include "transfer/file_http.hpp"

namespace update {

PublishingTools::PublishingTools()
    : files_{make_files()},
      folders_{make_public_folders()},
      locks_{make_locks()},
      clock_{make_clock()},
      crypto_{std::make_unique<OpensslCryptography>()},
      smith_{std::make_unique<OpensslKeysmith>()},
      processes_{make_processes()},
      folder_http_{std::make_unique<FileHttp>(*files_)} {}
PublishingTools::~PublishingTools() = default;

void PublishingTools::rehearse() {
    rehearsed_ = std::make_unique<repository::RehearsedFiles>(*files_);
    rehearsed_locks_ = std::make_unique<repository::RehearsedLocks>(*locks_, *files_);
}

Files& PublishingTools::files() {
    if (rehearsed_) return *rehearsed_;
    return *files_;
}

repository::PublisherPorts PublishingTools::publisher_ports() {
    if (rehearsed_)
        return {*rehearsed_, *rehearsed_, *rehearsed_locks_,   *clock_,
                *crypto_,    *smith_,     rehearsed_processes_};
    return {*files_, *folders_, *locks_, *clock_, *crypto_, *smith_, *processes_};
}

trust::ClientPorts PublishingTools::client_ports() { return {*folder_http_, *files_, *clock_, *crypto_}; }

Result<Path> usable_path(const std::string& name) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(name, error).lexically_normal();
    const auto whole = absolute.has_filename() ? absolute : absolute.parent_path();
    const auto folder = std::filesystem::canonical(whole.parent_path(), error);
    if (error) return Error{ErrorCode::not_found, "no such folder: " + whole.parent_path().string(), error};
    return folder / whole.filename();
}

Sha256 sha256_of(const std::string& text) {
    OpensslHashing hashing;
    const auto stream = hashing.sha256();
    stream->update(std::as_bytes(std::span{text}));
    return stream->finish();
}

Result<std::string> read_secret(const std::string& file, int descriptor) {
    const auto path = file.empty() ? fmt::format("/dev/fd/{}", descriptor) : file;
    std::ifstream in{path};
    if (!in) return Error{ErrorCode::not_found, "the passphrase cannot be read from " + path};
    std::string line;
    std::getline(in, line);
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return Error{ErrorCode::refused, "the passphrase in " + path + " is empty"};
    return line;
}

}  // namespace update
