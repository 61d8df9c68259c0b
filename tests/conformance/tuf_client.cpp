// A bare command line over update::trust: exit 0 or 1, the reason on standard error.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "command_line.hpp"
#include "crypto/openssl_cryptography.hpp"
#include "net/http_curl.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "trust/client.hpp"
#include "trust/trouble.hpp"

namespace {

using namespace update;
using conformance::CommandLine;

constexpr const char* usage =
    "tuf-client --metadata-dir D init ROOT_FILE\n"
    "tuf-client --metadata-url U --metadata-dir D refresh\n"
    "tuf-client --metadata-url U --metadata-dir D --target-name N... --target-dir T --target-base-url B "
    "download\n";

TransferSettings transfer_settings() {
    TransferSettings settings;
    settings.allow_http = true;  // what is fetched is verified; the suite's server has no certificate
    settings.connect_timeout = std::chrono::seconds{10};
    settings.stall_timeout = std::chrono::seconds{15};
    settings.total_timeout = std::chrono::seconds{60};
    return settings;
}

/// The ports want absolute paths without links.
Result<Path> usable_folder(const std::string& name) {
    std::error_code error;
    std::filesystem::create_directories(name, error);
    const auto path = std::filesystem::canonical(name, error);
    if (error) return Error{ErrorCode::not_found, name, error};
    return path;
}

Status download(trust::Client& client, const CommandLine& line) {
    UPDATE_TRY(folder, usable_folder(line.target_dir), "target folder");
    for (const auto& name : line.target_names) {
        UPDATE_TRY(target, client.find(name), name);
        UPDATE_TRY(path, client.download(name, target, folder), name);
        (void)path;
    }
    return done();
}

Status establish(trust::Client& client, const std::string& root_file) {
    std::ifstream file{root_file, std::ios::binary};
    if (!file) return Error{ErrorCode::not_found, root_file};
    const std::string root{std::istreambuf_iterator<char>{file}, {}};
    return client.establish(root);
}

Status run(const CommandLine& line) {
    UPDATE_TRY(store, usable_folder(line.metadata_dir), "metadata folder");
    const auto files = make_files();
    const auto clock = make_clock();
    OpensslCryptography crypto;
    CurlHttp http{transfer_settings(), Proxies::never};
    trust::Client client{
        {http, *files, *clock, crypto}, store, {line.metadata_url, line.target_base_url}, {}};
    if (line.command == "init") return establish(client, line.root_file);
    UPDATE_CHECK(client.refresh(), line.command);
    return line.command == "download" ? download(client, line) : done();
}

}  // namespace

int main(int argc, char** argv) {
    const auto line = conformance::parse_command_line({argv + 1, argv + argc});
    if (!line) {
        std::fputs(usage, stderr);
        return 1;
    }
    const auto status = run(*line);
    if (status) return 0;
    const auto word = trust::name(trust::trouble_of(status.error()));
    std::fprintf(stderr, "tuf-client: %s [%.*s]\n", status.error().message().c_str(),
                 static_cast<int>(word.size()), word.data());
    return 1;
}
