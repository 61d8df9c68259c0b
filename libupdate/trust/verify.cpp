#include "trust/verify.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "trust/trouble.hpp"

namespace update::trust {
namespace {

std::unique_ptr<VerifyingKey> usable_key(Cryptography& crypto, const Keys& keys, std::string_view keyid) {
    const auto found = keys.find(keyid);
    if (found == keys.end() || !found->second.scheme) return nullptr;
    auto key = crypto.verifying_key(*found->second.scheme, found->second.text);
    return key ? std::move(*key) : nullptr;
}

}  // namespace

std::set<std::string> materials(Cryptography& crypto, const Keys& keys, const RoleKeys& role) {
    std::set<std::string> found;
    for (const std::string& keyid : role.keyids)
        if (const auto key = usable_key(crypto, keys, keyid)) found.insert(key->material());
    return found;
}

Status check_signatures(Cryptography& crypto, const Keys& keys, const RoleKeys& role,
                        std::string_view payload, const std::vector<Signature>& signatures,
                        std::string_view what) {
    std::set<std::string> signers;
    for (const Signature& signature : signatures) {
        if (std::cmp_greater_equal(signers.size(), role.threshold)) break;
        if (signature.bytes.empty() || std::ranges::find(role.keyids, signature.keyid) == role.keyids.end())
            continue;
        const auto key = usable_key(crypto, keys, signature.keyid);
        if (key && !signers.contains(key->material()) && key->verifies(payload, signature.bytes))
            signers.insert(key->material());
    }
    if (std::cmp_greater_equal(signers.size(), role.threshold)) return done();
    return trouble(Trouble::tampered, fmt::format("{} is signed by {} of the {} keys that it needs", what,
                                                  signers.size(), role.threshold));
}

std::optional<DigestKind> digest_named(std::string_view algorithm) {
    if (algorithm == "sha256") return DigestKind::sha256;
    if (algorithm == "sha384") return DigestKind::sha384;
    if (algorithm == "sha512") return DigestKind::sha512;
    return std::nullopt;
}

Status check_content(Cryptography& crypto, std::string_view bytes, const std::optional<std::int64_t>& length,
                     const Hashes& hashes, std::string_view what) {
    if (length && std::cmp_not_equal(*length, bytes.size()))
        return trouble(Trouble::tampered,
                       fmt::format("{} has {} bytes instead of {}", what, bytes.size(), *length));
    for (const auto& [algorithm, promised] : hashes) {
        const auto kind = digest_named(algorithm);
        if (!kind)
            return trouble(Trouble::tampered,
                           fmt::format("{} has a hash of unknown kind {}", what, algorithm));
        if (digest_of(crypto, *kind, bytes) != promised)
            return trouble(Trouble::tampered,
                           fmt::format("{} has another {} than promised", what, algorithm));
    }
    return done();
}

std::string digest_of(Cryptography& crypto, DigestKind kind, std::string_view bytes) {
    const auto digest = crypto.digest(kind);
    digest->update(std::as_bytes(std::span{bytes}));
    return digest->finish();
}

}  // namespace update::trust
