// The adapters that publishing, bundles and the look at an endpoint's trust need; none of an endpoint's
// configuration.
#pragma once
#include <memory>
#include <string>

#include "repository/publisher.hpp"
#include "repository/rehearsal.hpp"
#include "trust/client.hpp"

namespace update {

class PublishingTools {
 public:
    PublishingTools();
    ~PublishingTools();
    PublishingTools(const PublishingTools&) = delete;
    PublishingTools& operator=(const PublishingTools&) = delete;

    /// From now on changes stay in memory.
    void rehearse();
    /// nullptr: it is meant.
    const repository::RehearsedFiles* rehearsal() const { return rehearsed_.get(); }

    Files& files();
    PublicFolders& folders() { return *folders_; }
    Clock& clock() { return *clock_; }
    Cryptography& crypto() { return *crypto_; }
    repository::PublisherPorts publisher_ports();
    /// Without a network: bundles and trees on disk.
    trust::ClientPorts client_ports();

 private:
    std::unique_ptr<Files> files_;
    std::unique_ptr<PublicFolders> folders_;
    std::unique_ptr<Locks> locks_;
    std::unique_ptr<Clock> clock_;
    std::unique_ptr<Cryptography> crypto_;
    std::unique_ptr<Keysmith> smith_;
    std::unique_ptr<Processes> processes_;
    std::unique_ptr<Http> folder_http_;
    std::unique_ptr<repository::RehearsedFiles> rehearsed_;
    std::unique_ptr<repository::RehearsedLocks> rehearsed_locks_;
    repository::RehearsedProcesses rehearsed_processes_;
};

/// As the ports want it: absolute, without links in the folders above. The last component need not exist.
/// @return `not_found` when the folder above it does not exist
Result<Path> usable_path(const std::string& name);

/// SHA-256, for buckets of rollouts.
Sha256 sha256_of(const std::string& text);

/// The first line of a file, or of an open descriptor when the file's name is empty.
/// @return `not_found`, `refused` when it is empty
Result<std::string> read_secret(const std::string& file, int descriptor);

}  // namespace update
