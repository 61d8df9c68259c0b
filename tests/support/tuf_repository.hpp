// A TUF repository in memory: every document may be bent before or after it is signed. Served through the
// Http port.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/openssl_cryptography.hpp"
#include "crypto/openssl_keysmith.hpp"
#include "ports/http.hpp"
#include "trust/json.hpp"

namespace update::test {

struct Signer {
    std::shared_ptr<SigningKey> key;
    std::string id;
    trust::Json entry;  ///< as it stands in "keys"
};
/// Fresh Ed25519 keys; `number` tells them apart, equal numbers give the same key within one process.
Signer signer(unsigned number);

class TufRepository : public Http {
 public:
    TufRepository();

    std::map<std::string, trust::Json> documents;            ///< "signed", by role; change at will
    std::map<std::string, std::vector<Signer>> signers;      ///< who signs it
    std::map<std::string, std::vector<std::string>> served;  ///< by role: version - 1
    std::map<std::string, std::string> artifacts;
    std::vector<std::string> requests;  ///< paths below the base, in order
    bool with_hashes = false;
    /// Called for each request before it is answered. An answer of its own is given instead.
    std::function<std::optional<Result<std::string>>(const std::string& path)> intrude;

    static constexpr const char* base = "http://repository.test/";

    /// Adds a key for a role of the root.
    void authorise(const std::string& role, const Signer&);
    void rotate(const std::string& role, const Signer&);
    /// `role` is signed by its own new key; `paths` is the pattern.
    void delegate(const std::string& delegator, const std::string& role, const std::string& pattern,
                  const Signer&);
    void add(const std::string& role, const std::string& path, const std::string& bytes);
    std::string sign(const std::string& role) const;
    /// Bumps, signs and serves; the parents' documents name the new version.
    void publish(const std::vector<std::string>& roles);
    void publish_all() { publish({"targets", "snapshot", "timestamp"}); }
    /// The next version that is published is `version`, and the older ones are gone.
    void restart(const std::string& role, std::int64_t version = 1);
    /// Timestamp and snapshot, with a rollback that the new keys allow: everything changes at once.
    void restart_with_new_keys();
    const std::string& latest(const std::string& role) const { return served.at(role).back(); }
    const std::string& first_root() const { return served.at("root").front(); }

    Result<HttpHead> get(const HttpRequest&, HttpSink&) override;

 private:
    std::optional<std::string> find(const std::string& path) const;
};

/// Changes one member, however deep: `change(document, {"meta", "snapshot.json"}, [](Json& j) {...})`.
void change(trust::Json&, const std::vector<std::string>& path, const std::function<void(trust::Json&)>&);

}  // namespace update::test
