// The publisher's private keys, wherever they are.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "ports/files.hpp"
#include "ports/processes.hpp"
#include "ports/signing.hpp"
#include "repository/publisher_settings.hpp"
#include "trust/json.hpp"

namespace update::repository {

/// Asked once, when the first encrypted key is needed. It comes from a file or descriptor, never from a
/// command line.
using Passphrase = std::function<Result<std::string>()>;

/// How a public key stands in metadata, and its id: SHA-256 of that in canonical form (TUF 4.2.2).
trust::Json key_entry(const PublicKey&);
std::string key_id(Cryptography&, const trust::Json& entry);

class Keyring {
 public:
    /// @param folder  of the publisher, absolute; keys are files in `keys/` below it
    Keyring(Files&, Processes&, Cryptography&, Keysmith&, Path folder, Passphrase);

    struct Made {
        std::string id;
        trust::Json entry;
        KeyPlace place;
    };
    /// A new key, encrypted on disk before this returns.
    Result<Made> make(KeyScheme);

    /// Whether it can be asked to sign: a file that lies here, or a command.
    bool has(const PublisherSettings&, const std::string& id);
    /// @return the raw signature; `not_found` when the key is not here, `refused` for a wrong passphrase
    Result<std::string> sign(const PublisherSettings&, const std::string& id, std::string_view message);

 private:
    Result<SigningKey*> local_key(const std::string& id, const std::string& file);
    Result<std::string> sign_by_command(const KeyPlace&, const std::string& id, std::string_view message);
    Result<std::string> passphrase();

    Files& files_;
    Processes& processes_;
    Cryptography& crypto_;
    Keysmith& smith_;
    Path folder_;
    Passphrase ask_;
    std::string passphrase_;
    std::map<std::string, std::unique_ptr<LocalKey>> loaded_;
};

}  // namespace update::repository
