// A publisher on the real disk, and an endpoint that reads what he publishes at any moment.
#pragma once
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "crypto/openssl_cryptography.hpp"
#include "crypto/openssl_keysmith.hpp"
#include "os/files.hpp"
#include "os/locks.hpp"
#include "os/processes.hpp"
#include "os/public_folders.hpp"
#include "repository/bundle.hpp"
#include "repository/publisher.hpp"
#include "support/temp_folder.hpp"
#include "transfer/file_http.hpp"
#include "transfer/source_url.hpp"
#include "trust/client.hpp"
#include "trust/instant.hpp"

namespace update::test {

struct SetClock : Clock {
    WallTime time = *trust::parse_date("2026-01-01T00:00:00Z");
    Instant now() const override { return {}; }
    WallTime wall() const override { return time; }
    std::string boot_id() const override { return "boot"; }
};

struct World {
    TempFolder folder;
    SetClock clock;
    OpensslCryptography crypto;
    OpensslKeysmith smith;
    std::unique_ptr<Files> disk = make_files();
    std::unique_ptr<PublicFolders> folders = make_public_folders();
    std::unique_ptr<Locks> locks = make_locks();
    std::unique_ptr<Processes> processes = make_processes();

    Path home() const { return folder.path() / "repo"; }
    Path tree() const { return home() / "public"; }
    Path file(const std::string& name, const std::string& content) const {
        const Path path = folder.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path, std::ios::binary} << content;
        return path;
    }
    std::unique_ptr<repository::Publisher> publisher(Files* files = nullptr,
                                                     const char* passphrase = "words") {
        auto opened = repository::Publisher::open(
            {files != nullptr ? *files : *disk, *folders, *locks, clock, crypto, smith, *processes}, home(),
            [passphrase] { return Result<std::string>{std::string{passphrase}}; });
        INFO((opened ? std::string{} : opened.error().message()));
        REQUIRE(opened);
        return std::move(*opened);
    }
    repository::ArtifactWish wish(const Path& path, const std::string& install_path = "bin/agent") const {
        repository::ArtifactWish wish{path, {}};
        wish.artifact = {Role::agent, "linux", "x86_64", install_path, {}, 0, {}, false};
        return wish;
    }
    /// A client with a store of its own that begins with the first root.
    Result<std::unique_ptr<trust::Client>> client(Http& http, const std::string& name = "store") {
        const Path store = folder.path() / name;
        UPDATE_CHECK(disk->make_private_directory(store), "store");
        const std::string base = file_url(tree()) + "/";
        auto client = std::make_unique<trust::Client>(trust::ClientPorts{http, *disk, clock, crypto}, store,
                                                      trust::Address{base + "metadata", base + "targets"},
                                                      trust::ClientOptions{});
        if (!std::filesystem::exists(store / "root.json")) {
            std::ifstream root{tree() / "metadata" / "1.root.json", std::ios::binary};
            UPDATE_CHECK(client->establish(std::string{std::istreambuf_iterator<char>{root}, {}}),
                         "first root");
        }
        return client;
    }
    Status refresh(const std::string& name = "store") {
        FileHttp http{*disk};
        UPDATE_TRY(reader, client(http, name), "client");
        return reader->refresh();
    }
    std::vector<std::string> problems() {
        FileHttp http{*disk};
        auto found = repository::check_tree({http, *disk, clock, crypto}, tree(), folder.path() / "scratch");
        REQUIRE(found);
        return *found;
    }
    void release(repository::Publisher& publisher, const std::string& version, const std::string& channel) {
        REQUIRE(publisher.add("agent", version, {wish(file("agent", "program " + version))}));
        const auto published = publisher.publish({"agent", version, channel, 1, {}, RestartKind::agent, {}});
        INFO((published ? std::string{} : published.error().message()));
        REQUIRE(published);
    }
};

}  // namespace update::test
