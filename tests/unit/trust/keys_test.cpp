#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "crypto/openssl_cryptography.hpp"
#include "crypto/openssl_keysmith.hpp"
#include "trust/verify.hpp"

using namespace update;
using namespace update::trust;

namespace {

OpensslCryptography crypto;
OpensslKeysmith smith;
constexpr std::array schemes{KeyScheme::ed25519, KeyScheme::ecdsa_sha2_p256, KeyScheme::rsa_pss_sha256};

}  // namespace

TEST_CASE("the first test vector of RFC 8032 verifies") {
    const auto key = crypto.verifying_key(KeyScheme::ed25519,
                                          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    REQUIRE(key);
    const auto signature = from_hex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    CHECK((*key)->verifies("", *signature));
    CHECK_FALSE((*key)->verifies("x", *signature));
}

TEST_CASE("what a key signs, its public half verifies, and nothing else") {
    for (const auto scheme : schemes) {
        auto key = smith.generate(scheme), other = smith.generate(scheme);
        REQUIRE(key);
        const auto signature = (*key)->sign("message");
        REQUIRE(signature);
        const auto verifying = crypto.verifying_key(scheme, (*key)->public_key().text);
        const auto stranger = crypto.verifying_key(scheme, (*other)->public_key().text);
        REQUIRE(verifying);
        CHECK((*verifying)->verifies("message", *signature));
        CHECK_FALSE((*verifying)->verifies("massage", *signature));
        CHECK_FALSE((*verifying)->verifies("message", signature->substr(1)));
        CHECK_FALSE((*verifying)->verifies("message", ""));
        CHECK_FALSE((*stranger)->verifies("message", *signature));
        CHECK((*stranger)->material() != (*verifying)->material());
    }
}

TEST_CASE("one key is one key, however its point is written, and its curve is named") {
    const auto material = [](const std::string& text) {
        const auto key = crypto.verifying_key(KeyScheme::ecdsa_sha2_p256, text);
        return key ? (*key)->material() : std::string{};
    };
    const auto uncompressed = material(
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENjRo/obbYOijfUQmlnXxZzDgnHT+\n"
        "EC9Np30mPDJA9MJf8ABJKwLlDEbc0pm4LcvLPg7xS8bziNvLpoWpt/M5oA==\n"
        "-----END PUBLIC KEY-----\n");
    CHECK(uncompressed.size() == 91);
    const std::string x = "363468fe86db60e8a37d44269675f16730e09c74fe102f4da77d263c3240f4c2";
    CHECK(uncompressed ==
          material("04" + x + "5ff000492b02e50c46dcd299b82dcbcb3e0ef14bc6f388dbcba685a9b7f339a0"));
    CHECK(uncompressed == material("02" + x));
    CHECK(uncompressed == material("-----BEGIN PUBLIC KEY-----\n"
                                   "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACNjRo/obbYOijfUQmlnXxZzDgnHT+\n"
                                   "EC9Np30mPDJA9MI=\n"
                                   "-----END PUBLIC KEY-----\n"));
    CHECK(material("03" + x) != uncompressed);
    CHECK(material("-----BEGIN PUBLIC KEY-----\n"
                   "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA\n"
                   "AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////\n"
                   "///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd\n"
                   "NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5\n"
                   "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA\n"
                   "//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABDY0aP6G22Doo31EJpZ18Wcw\n"
                   "4Jx0/hAvTad9JjwyQPTCX/AASSsC5QxG3NKZuC3Lyz4O8UvG84jby6aFqbfzOaA=\n"
                   "-----END PUBLIC KEY-----\n")
              .empty());
}

TEST_CASE("a key is not taken for one of another kind") {
    for (const auto scheme : schemes) {
        const auto text = (*smith.generate(scheme))->public_key().text;
        for (const auto other : schemes) CHECK(bool{crypto.verifying_key(other, text)} == (scheme == other));
    }
    const auto ed25519 = (*smith.generate(KeyScheme::ed25519))->public_key().text;
    const std::string off_the_curve = "04" + std::string(128, 'a');
    for (const std::string& bad :
         {std::string{}, std::string{"00"}, std::string{"zz"}, std::string{"-----BEGIN PUBLIC KEY-----\n"},
          std::string{"04"}, off_the_curve, ed25519.substr(2), ed25519 + "00"})
        for (const auto scheme : schemes) CHECK_FALSE(crypto.verifying_key(scheme, bad));
}

TEST_CASE("a private key leaves the process only encrypted, and comes back with its passphrase only") {
    for (const auto scheme : schemes) {
        auto key = smith.generate(scheme);
        CHECK_FALSE((*key)->to_pem(""));
        const auto pem = (*key)->to_pem("secret words");
        REQUIRE(pem);
        CHECK(pem->starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        CHECK_FALSE(smith.load(*pem, "other words"));
        CHECK_FALSE(smith.load(*pem, ""));
        const auto again = smith.load(*pem, "secret words");
        REQUIRE(again);
        CHECK((*again)->public_key() == (*key)->public_key());
    }
}

TEST_CASE("hashes that are promised must all hold, and must all be known") {
    const std::string text = "data";
    const auto sha256 = "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7";
    CHECK(check_content(crypto, text, 4, {{"sha256", sha256}}, "x"));
    CHECK(check_content(crypto, text, std::nullopt, {}, "x"));
    CHECK_FALSE(check_content(crypto, text, 5, {}, "x"));
    CHECK_FALSE(check_content(crypto, text, 4, {{"sha256", sha256}, {"sha512", "00"}}, "x"));
    CHECK_FALSE(check_content(crypto, text, 4, {{"sha256", sha256}, {"future", "00"}}, "x"));
}
