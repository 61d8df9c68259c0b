// The adapters of this machine, put together once per process.
#pragma once
#include <map>
#include <memory>
#include <string>

#include <update/settings.hpp>

#include "layout/layout.hpp"
#include "policy/executable.hpp"
#include "ports/cryptography.hpp"
#include "ports/ports.hpp"

namespace update {

class Adapters {
 public:
    /// Canonicalises install_root and state_dir, so that no symbolic link is left in them for the rest of the
    /// process.
    static Result<std::unique_ptr<Adapters>> make(Settings);

    const Settings& settings() const { return settings_; }
    const Layout& layout() const { return layout_; }
    const Machine& machine() const { return machine_; }
    Clock& clock() { return *clock_; }
    Files& files() { return *files_; }
    Volumes& volumes() { return *volumes_; }
    Locks& locks() { return *locks_; }
    Processes& processes() { return *processes_; }
    Random& random() { return *random_; }
    Hashing& hashing() { return *hashing_; }
    Cryptography& cryptography() { return *cryptography_; }
    Verifier& verifier() { return *verifier_; }
    Http& http() { return *http_; }
    Ports ports(Services&, Channel&, Renewal&);
    /// With the caller's own way of hashing.
    Ports ports(Services&, Channel&, Renewal&, Hashing&);

 private:
    explicit Adapters(Settings);

    Settings settings_;
    Layout layout_;
    Machine machine_;
    std::unique_ptr<Clock> clock_;
    std::unique_ptr<Files> files_;
    std::unique_ptr<Volumes> volumes_;
    std::unique_ptr<Locks> locks_;
    std::unique_ptr<Random> random_;
    std::unique_ptr<Processes> processes_;
    std::unique_ptr<Hashing> plain_hashing_, hashing_;
    std::unique_ptr<Http> http_, probe_http_;
    std::unique_ptr<Probes> probes_;
    std::unique_ptr<Cryptography> cryptography_;
    std::unique_ptr<Verifier> verifier_;
};

/// See Updater::installed.
std::map<std::string, std::string> installed_digests(Adapters&);

}  // namespace update
