#include "repository/keyring.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "durable/durable.hpp"

namespace update::repository {
namespace {

using trust::Json;

constexpr std::chrono::seconds command_timeout{120};  // a person may have to touch a token
constexpr std::size_t key_file_bytes_max = 64 * 1024;

struct Names {
    std::string_view keytype, scheme;
};
Names names_of(KeyScheme scheme) {
    switch (scheme) {
        case KeyScheme::ed25519:
            return {"ed25519", "ed25519"};
        case KeyScheme::ecdsa_sha2_p256:
            return {"ecdsa", "ecdsa-sha2-nistp256"};
        case KeyScheme::rsa_pss_sha256:
            return {"rsa", "rsassa-pss-sha256"};
        case KeyScheme::rsa_pkcs1_sha256:
            return {"rsa", "rsa-pkcs1v15-sha256"};
    }
    return {};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.remove_suffix(1);
    return text;
}

}  // namespace

Json key_entry(const PublicKey& key) {
    Json value, entry;
    value.set("public", Json{key.text});
    entry.set("keytype", Json{names_of(key.scheme).keytype});
    entry.set("scheme", Json{names_of(key.scheme).scheme});
    entry.set("keyval", std::move(value));
    return entry;
}

std::string key_id(Cryptography& crypto, const Json& entry) {
    const auto text = trust::canonical(entry);
    const auto digest = crypto.digest(DigestKind::sha256);
    digest->update(std::as_bytes(std::span{text}));
    return digest->finish();
}

Keyring::Keyring(Files& files, Processes& processes, Cryptography& crypto, Keysmith& smith, Path folder,
                 Passphrase ask)
    : files_{files},
      processes_{processes},
      crypto_{crypto},
      smith_{smith},
      folder_{std::move(folder)},
      ask_{std::move(ask)} {}

Result<std::string> Keyring::passphrase() {
    if (!passphrase_.empty()) return passphrase_;
    UPDATE_TRY(text, ask_(), "passphrase");
    if (text.empty()) return Error{ErrorCode::refused, "the passphrase is empty"};
    passphrase_ = text;
    return text;
}

Result<Keyring::Made> Keyring::make(KeyScheme scheme) {
    UPDATE_TRY(secret, passphrase(), "new key");
    UPDATE_TRY(key, smith_.generate(scheme), "new key");
    UPDATE_TRY(pem, key->to_pem(secret), "new key");
    Made made;
    made.entry = key_entry(key->public_key());
    made.id = key_id(crypto_, made.entry);
    made.place.file = made.id + ".pem";
    UPDATE_CHECK(files_.make_private_directory(folder_ / "keys"), "new key");
    UPDATE_CHECK(write_durably(files_, folder_ / "keys" / made.place.file, pem), "new key");
    loaded_[made.id] = std::move(key);
    return made;
}

Result<SigningKey*> Keyring::local_key(const std::string& id, const std::string& file) {
    if (const auto found = loaded_.find(id); found != loaded_.end()) return found->second.get();
    UPDATE_TRY(pem, read_text(files_, folder_ / "keys" / file, key_file_bytes_max), "key " + id);
    UPDATE_TRY(secret, passphrase(), "key " + id);
    UPDATE_TRY(key, smith_.load(pem, secret), "key " + id);
    if (key_id(crypto_, key_entry(key->public_key())) != id)
        return Error{ErrorCode::refused, fmt::format("{} does not hold the key {}", file, id)};
    return (loaded_[id] = std::move(key)).get();
}

bool Keyring::has(const PublisherSettings& settings, const std::string& id) {
    const auto place = settings.keys.find(id);
    if (place == settings.keys.end()) return false;
    if (!place->second.command.empty()) return true;
    const auto there = exists(files_, folder_ / "keys" / place->second.file);
    return !place->second.file.empty() && there && *there;
}

Result<std::string> Keyring::sign(const PublisherSettings& settings, const std::string& id,
                                  std::string_view message) {
    const auto place = settings.keys.find(id);
    if (place == settings.keys.end() || (place->second.file.empty() && place->second.command.empty()))
        return Error{ErrorCode::not_found, fmt::format("the key {} is not here", id)};
    if (!place->second.command.empty()) return sign_by_command(place->second, id, message);
    UPDATE_TRY(key, local_key(id, place->second.file), "sign");
    return key->sign(message);
}

/// `PROGRAM ARGUMENTS... KEY_ID FILE` prints the signature of the file's bytes in hexadecimal.
Result<std::string> Keyring::sign_by_command(const KeyPlace& place, const std::string& id,
                                             std::string_view message) {
    const Path file = folder_ / "to-sign";
    UPDATE_CHECK(write_durably(files_, file, message), "sign by command");
    Command command{place.command.front(), {place.command.begin() + 1, place.command.end()}, command_timeout};
    command.arguments.push_back(id);
    command.arguments.push_back(file.string());
    auto ran = processes_.run(command);
    (void)files_.remove(file);
    if (!ran) return std::move(ran).error().in("sign by command");
    if (ran->timed_out) return Error{ErrorCode::timed_out, "the signing command did not end in time"};
    if (ran->exit.signalled || ran->exit.value != 0)
        return Error{ErrorCode::refused, fmt::format("the signing command ended with {}", ran->exit.value)};
    const auto signature = from_hex(trimmed(ran->output));
    if (!signature || signature->empty())
        return Error{ErrorCode::refused, "the signing command printed no signature in hexadecimal"};
    return *signature;
}

}  // namespace update::repository
