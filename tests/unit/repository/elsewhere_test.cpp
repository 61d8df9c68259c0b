// Keys that were made elsewhere, as in an HSM or on a card: the publisher has their public halves and a
// program that signs. Here that program is openssl in a script.
#include <fmt/format.h>

#include "durable/durable.hpp"
#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Kind {
    const char *name, *make, *sign;
};
constexpr Kind ed25519{"ed25519", "genpkey -algorithm ed25519",
                       "openssl pkeyutl -sign -rawin -inkey $1 -in $3"};
constexpr Kind ecdsa{"ecdsa", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
                     "openssl dgst -sha256 -sign $1 $3"};
constexpr Kind rsa{
    "rsa", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
    "openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sign $1 $3"};

/// Another machine, as far as the publisher knows.
struct Token : World {
    Path run(const std::string& arguments, const std::string& file) {
        const auto ran = processes->run({"/bin/sh",
                                         {"-c", fmt::format("cd '{}' && openssl {} -out {} 2>/dev/null",
                                                            folder.path().string(), arguments, file)},
                                         std::chrono::seconds{60}});
        REQUIRE(ran);
        REQUIRE(ran->exit == ExitStatus{});
        return folder.path() / file;
    }
    std::string pem_of(const Path& private_key) {
        return *read_text(*disk, run("pkey -pubout -in " + private_key.string(), "public.pem"), 10'000);
    }
    Path script(const Kind& kind) {
        const Path program = file(fmt::format("sign-{}", kind.name),
                                  fmt::format("#!/bin/sh\n{} | od -An -v -tx1 | tr -d ' \\n'\n", kind.sign));
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        return program;
    }
    repository::KeyElsewhere make(const Kind& kind, const std::string& name) {
        const Path key = run(kind.make, name);
        return {pem_of(key), {script(kind).string(), key.string()}};
    }
    Status init(const repository::InitWish& wish, const char* passphrase = "words") {
        return publisher(nullptr, passphrase)->init(wish);
    }
};

constexpr const char* no_passphrase = "";

repository::InitWish all_by(const repository::KeyElsewhere& key) {
    repository::InitWish wish;
    for (auto* count : {&wish.root, &wish.targets, &wish.snapshot, &wish.timestamp}) count->elsewhere = {key};
    return wish;
}

}  // namespace

TEST_CASE("a repository can begin with keys of which none ever was on its disk") {
    for (const Kind& kind : {ed25519, ecdsa, rsa}) {
        Token token;
        INFO(kind.name);
        const auto made = token.init(all_by(token.make(kind, "key.pem")), no_passphrase);
        INFO((made ? std::string{} : made.error().message()));
        REQUIRE(made);
        CHECK_FALSE(std::filesystem::exists(token.home() / "keys"));
        CHECK(token.refresh());
        const auto signed_again =
            token.publisher(nullptr, no_passphrase)->resign(std::chrono::hours{24 * 10});
        INFO((signed_again ? std::string{} : signed_again.error().message()));
        CHECK(signed_again);
        CHECK(token.refresh());
        CHECK(token.problems().empty());
    }
}

TEST_CASE("keys from elsewhere stand beside keys that are made here, and both must sign") {
    Token token;
    repository::InitWish wish;
    wish.root = {2, 2, {token.make(ed25519, "card")}};
    const auto made = token.init(wish);
    INFO((made ? std::string{} : made.error().message()));
    REQUIRE(made);
    CHECK(token.refresh());
    std::filesystem::remove(token.folder.path() / "card");
    CHECK_FALSE(token.publisher()->rotate(trust::TopRole::root));  // its signer fails
    CHECK(token.refresh());
}

TEST_CASE("a role passes to a key from elsewhere, and what is published later is signed by it") {
    Token token;
    REQUIRE(token.init({}));
    token.release(*token.publisher(), "1.0.0", "stable");
    REQUIRE(token.refresh());
    for (const auto role : {trust::TopRole::timestamp, trust::TopRole::targets, trust::TopRole::root}) {
        const auto key = token.make(ecdsa, "key-" + std::string{trust::name(role)});
        const auto state = token.publisher()->rotate(role, {}, key);
        INFO((state ? std::string{} : state.error().message()));
        REQUIRE(state);
        CHECK(state->staged == 0);
        CHECK(token.publisher()->rotate(role, {}, key).error().code() == ErrorCode::refused);
    }
    const auto waits = token.publisher()->rotate_channel("agent", "stable", {}, token.make(rsa, "channel"));
    REQUIRE(waits);
    CHECK(waits->empty());
    token.release(*token.publisher(), "1.1.0", "stable");
    CHECK(token.refresh());
    CHECK(token.problems().empty());
}

TEST_CASE("a root with a key that cannot be asked here waits for whoever can") {
    Token token;
    REQUIRE(token.init({}));
    auto key = token.make(ed25519, "card");
    const auto command = key.command;
    key.command.clear();
    const auto state = token.publisher()->rotate(trust::TopRole::root, {}, key);
    REQUIRE(state);
    CHECK(state->staged == 2);
    REQUIRE(state->missing.size() == 1);
    const Path file = token.home() / "settings.json";
    auto settings = repository::parse_publisher_settings(*read_text(*token.disk, file, 100'000));
    REQUIRE(settings);
    settings->keys.find(state->missing[0])->second.command = command;
    REQUIRE(write_durably(*token.disk, file, repository::to_json(*settings)));
    const auto waits = token.publisher()->sign();
    REQUIRE(waits);
    CHECK(waits->empty());
    CHECK(token.publisher()->root_state()->published == 2);
    CHECK(token.refresh());
}

TEST_CASE("what is no public key that clients can use begins and changes nothing") {
    Token token;
    const auto good = token.make(ecdsa, "key");
    auto silent = good;
    silent.command.clear();
    const auto begin = [&](const repository::InitWish& wish) {
        const auto made = token.init(wish);
        REQUIRE_FALSE(made);
        CHECK(made.error().code() == ErrorCode::refused);
        CHECK_FALSE(std::filesystem::exists(token.tree() / "metadata" / "1.root.json"));
        return made.error().message();
    };
    const Path other = token.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", "p384");
    CHECK(begin(all_by({token.pem_of(other)})).find("not used here") != std::string::npos);
    const auto private_pem = *read_text(*token.disk, token.folder.path() / "key", 10'000);
    CHECK(begin(all_by({private_pem})).find("not a public key") != std::string::npos);
    CHECK(begin(all_by(silent)).find("cannot be asked here") != std::string::npos);
    repository::InitWish twice;
    twice.root.elsewhere = {good, good};
    CHECK(begin(twice).find("one key cannot be two") != std::string::npos);
    REQUIRE(token.init(all_by(good)));
}
