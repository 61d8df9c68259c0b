// Public keys and signatures from strangers. The first byte chooses the scheme, the first zero byte ends the
// key.
#include "crypto/openssl_cryptography.hpp"
#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace update;
    static OpensslCryptography crypto;
    if (size == 0) return 0;
    const auto scheme = static_cast<KeyScheme>(data[0] % 4);
    const auto rest = fuzz::text_of(data + 1, size - 1);
    const auto end = rest.find('\0');
    const auto key = crypto.verifying_key(scheme, std::string{rest.substr(0, end)});
    if (!key) return 0;
    fuzz::require(!(*key)->material().empty());
    const auto signature = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    (void)(*key)->verifies("message", signature);
    return 0;
}
