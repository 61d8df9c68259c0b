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

TEST_CASE("a signature of RSA that begins with zero counts with its zero only") {
    const std::string key =
        "-----BEGIN PUBLIC KEY-----\n"
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAv0Ggvn0CMmO5qgziZuGW\n"
        "4PvmwechJKFIx94xTt7PiOc7pxW2SVOLCg9vKjuutVmvYzeBek/qd59W1HP7C8yb\n"
        "/RceG71W9ihQ4sf523D64RdJcGD8znOyXqufheVtvyGD0g9+8gXfWDCN29fNSH2w\n"
        "+9GiibFvQDhQanKTvUG64R4+Mt81uwXvqADlQ12LNSjeJEJynGMvH/sD1dyD5S6j\n"
        "Y0lPB8wtZM1Pf9p9h5JjVh90EGMLq2kKQql/3E0Vc4S5pc/eLMCYa52/wthhZdLZ\n"
        "KK1nL9IoXj8WotuhR/MNiE1GrWfuznfGDzvNCuv5hAcdCmaS2k+Lnfh4ou9K2tz6\n"
        "hQIDAQAB\n"
        "-----END PUBLIC KEY-----\n";
    const std::array signatures{
        std::tuple{
            KeyScheme::rsa_pss_sha256, "message",
            "0088b017819e0ecce3cf30b0b8d90a199502d005aef2925a57574000fbec1a29454fd77100d5783e7fd699de034be351"
            "1894408146b664457f66936caf3a7227aa9fb0ac11347f9add7b0ecf7b19bbbbe772e81fe8c85d492e0dbbb28c53bd2f"
            "2dc5a94ffb18d95524a0698a587d16ff403bd49031bb54232c25609d278269f53df21d2c03413c28ef7f5d629f25374b"
            "05756baeee27243a4c0ecae760f89bcbae680a4df98d8beb373f8907989fdfe4feee148f541b6ee87cc685bec0439f35"
            "23ea300377902469317f76f54a169011415e1742ac24497395dc5a498d98d4fd451a978198d62c3d48ba880e2c27070d"
            "1ab97777c94f1f52bdd77c6ebb2dd7a7"},
        std::tuple{
            KeyScheme::rsa_pkcs1_sha256, "message 189",
            "0091eb4a105e999367240b680f6f66493a6f30b20532ac827cdcf0dc4261797538a8890669003e9cb77e412ae5890224"
            "8b9db3c3729e1d655d536a118ee6bd5b69a08d8e1cf34961a9a37be603588b85f7b0cd980a12153ccd78ee3a25cd06a6"
            "f981e2569bdd2b40ae9290ffe8a421a7bf7815546413d5225a75aaafe76d0b5e16b832ddd33f80c0937e0a3d106ae9cd"
            "c6d1672adb85bb666d4b4987deed89c2e402dd3d967193402a624dfa2e2b858fa3971522aa27b7bc7f86789ce874a9b7"
            "20f84bd3679793fd47619ceea0e80a097b1adca82bbfae95e06036e4dd8be1d2107750211d725f38cfb662606ce41431"
            "cd2e2e537a52899e1369a1ba208912f2"}};
    for (const auto& [scheme, message, hex] : signatures) {
        const auto verifying = crypto.verifying_key(scheme, key);
        REQUIRE(verifying);
        const auto signature = *from_hex(hex);
        CHECK((*verifying)->verifies(message, signature));
        CHECK_FALSE((*verifying)->verifies(message, signature.substr(1)));
        CHECK_FALSE((*verifying)->verifies(message, std::string(1, '\0') + signature));
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
