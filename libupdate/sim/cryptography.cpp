#include "sim/cryptography.hpp"

#include <update/plan.hpp>

#include "sim/hashing.hpp"

namespace update::sim {
namespace {

class Key final : public VerifyingKey {
 public:
    explicit Key(std::string text) : text_{std::move(text)} {}
    bool verifies(std::string_view message, std::string_view signature) const override {
        return signature_of(text_, message) == signature;
    }
    const std::string& material() const override { return text_; }

 private:
    std::string text_;
};

class Digest final : public DigestStream {
 public:
    void update(std::span<const std::byte> bytes) override { hash_.update(bytes); }
    std::string finish() override { return to_hex(hash_.finish()); }

 private:
    FastHash hash_;
};

}  // namespace

std::string signature_of(std::string_view key, std::string_view message) {
    FastHash hash;
    hash.update(std::as_bytes(std::span{key}));
    hash.update(std::as_bytes(std::span{message}));
    const Sha256 digest = hash.finish();
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Result<std::unique_ptr<VerifyingKey>> SimCryptography::verifying_key(KeyScheme, const std::string& text) {
    return std::unique_ptr<VerifyingKey>{std::make_unique<Key>(text)};
}
std::unique_ptr<DigestStream> SimCryptography::digest(DigestKind) { return std::make_unique<Digest>(); }

}  // namespace update::sim
