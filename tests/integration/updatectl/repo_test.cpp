// The publisher's commands and those of a store, as scripts call them: exit codes, words, JSON, and no secret
// in any of them.
#include <algorithm>
#include <fmt/format.h>

#include "operator.hpp"
#include "support/await.hpp"

using namespace update;
using namespace update::test;

namespace fs = std::filesystem;

namespace {

constexpr const char* passphrase = "correct horse battery staple";

struct Desk {
    Scratch scratch{"update-publisher"};
    fs::path dir = scratch.path() / "repo", secret = scratch.path() / "passphrase";
    int runs = 0;
    std::string all_output;

    Desk() { write_file(secret, std::string{passphrase} + "\n"); }
    Answer run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), UPDATECTL);
        const fs::path log = scratch.path() / fmt::format("log.{}", ++runs);
        Process process{arguments, log};
        Answer answer{process.wait().value_or(-1), {}};
        answer.output = read_file(log);
        all_output += answer.output;
        return answer;
    }
    /// `updatectl repo`, with folder and passphrase where the command takes them.
    Answer repo(std::vector<std::string> arguments, bool is_signing = true) {
        arguments.insert(arguments.begin(), "repo");
        arguments.insert(arguments.end(), {"--dir", dir});
        if (is_signing) arguments.insert(arguments.end(), {"--passphrase-file", secret});
        return run(std::move(arguments));
    }
    std::string file(const std::string& name, const std::string& content) {
        write_file(scratch.path() / name, content);
        return scratch.path() / name;
    }
    void publish(const std::string& version, const std::string& channel) {
        const std::string program = file("agent-" + version, "program " + version);
        const Answer added = repo({"add", "--product", "agent", "--version", version, "--artifact",
                                   "agent:bin/agent=" + program + ",os=linux,arch=x86_64"},
                                  false);
        REQUIRE_MESSAGE(added.code == 0, added.output);
        const Answer published =
            repo({"publish", "--product", "agent", "--version", version, "--channel", channel});
        REQUIRE_MESSAGE(published.code == 0, published.output);
    }
    std::vector<std::string> versions(const std::string& channel) {
        const Answer listed = repo({"list", "--product", "agent", "--channel", channel, "--json"}, false);
        REQUIRE_MESSAGE(listed.code == 0, listed.output);
        std::vector<std::string> found;
        const auto list = listed.json();
        for (const auto& release : list["releases"]) found.push_back(release["version"]);
        return found;
    }
    std::string checked() { return repo({"check"}, false).output; }
};

}  // namespace

TEST_CASE("a release goes from its files to beta, to stable and away again, and the tree stays readable") {
    Desk desk;
    const Answer made = desk.repo({"init"});
    REQUIRE_MESSAGE(made.code == 0, made.output);
    CHECK(contains(made.output, "1.root.json"));
    CHECK(desk.repo({"init"}).code != 0);
    desk.publish("1.0.0", "beta");
    const Answer promoted = desk.repo(
        {"promote", "--product", "agent", "--version", "1.0.0", "--from", "beta", "--to", "stable"});
    CHECK_MESSAGE(promoted.code == 0, promoted.output);
    CHECK(desk.versions("stable") == std::vector<std::string>{"1.0.0"});
    desk.publish("1.1.0", "stable");
    CHECK(
        desk.repo({"permit", "--product", "agent", "--channel", "stable", "--version", "1.0.0", "--id", "b"})
            .code == 0);
    const Answer yanked =
        desk.repo({"yank", "--product", "agent", "--version", "1.0.0", "--channel", "stable"});
    CHECK_MESSAGE(yanked.code == 0, yanked.output);
    CHECK(desk.versions("stable") == std::vector<std::string>{"1.1.0"});
    for (const char* role : {"timestamp", "snapshot", "targets", "root"}) {
        const Answer rotated = desk.repo({"rotate", role});
        CHECK_MESSAGE(rotated.code == 0, rotated.output);
    }
    CHECK(desk.repo({"rotate", "channel", "--product", "agent", "--channel", "stable"}).code == 0);
    CHECK(desk.repo({"rotate", "channel"}).code == 2);
    CHECK(contains(desk.checked(), "a client accepts the tree and every target in it"));
    CHECK(contains(desk.repo({"gc", "--days", "1"}, false).output, "more go when nothing has named them"));
    CHECK(desk.repo({"gc", "--days", "0"}, false).code == 0);
    CHECK(contains(desk.checked(), "a client accepts the tree"));
    CHECK_FALSE(contains(desk.all_output, passphrase));
}

TEST_CASE("a folder of built programs is imported by the names of its files and their channels") {
    Desk desk;
    REQUIRE(desk.repo({"init"}).code == 0);
    const fs::path built = desk.scratch.path() / "built";
    fs::create_directory(built);
    write_file(built / "agent-linux-x86_64-2.0.0", "program 2.0.0");
    write_file(built / "agent-linux-x86_64-2.0.0.channel", "beta\n");
    write_file(built / "notes.txt", "no program");
    const Answer first = desk.repo({"import", built});
    CHECK_MESSAGE(first.code == 0, first.output);
    CHECK(contains(first.output, "agent 2.0.0 on beta"));
    CHECK(contains(first.output, "notes.txt"));
    CHECK(desk.versions("beta") == std::vector<std::string>{"2.0.0"});
}

TEST_CASE("a dry run of each command that changes something says what it would change, and changes nothing") {
    Desk desk;
    const std::string program = desk.file("agent", "program");
    const fs::path built = desk.scratch.path() / "built";
    fs::create_directory(built);
    write_file(built / "agent-linux-x86_64-2.0.0", "program 2.0.0");
    write_file(built / "agent-linux-x86_64-2.0.0.channel", "beta\n");
    Answer would = desk.repo({"init", "--dry-run"});
    CHECK_MESSAGE(would.code == 0, would.output);
    CHECK(contains(would.output, "would write public/metadata/1.root.json"));
    CHECK_FALSE(fs::exists(desk.dir));
    REQUIRE(desk.repo({"init"}).code == 0);
    desk.publish("1.0.0", "beta");
    desk.publish("1.1.0", "beta");
    const std::vector<std::string> release{"--product", "agent", "--version", "1.0.0"};
    const std::vector<std::vector<std::string>> changes{
        {"publish", "--channel", "stable"},
        {"promote", "--from", "beta", "--to", "stable"},
        {"yank", "--channel", "beta"},
        {"permit", "--channel", "beta", "--id", "back"},
    };
    const auto before = tree_of(desk.scratch.path() / "repo") + tree_of(built);
    const auto check = [&](std::vector<std::string> words, const std::string& file, bool is_signing = true) {
        words.emplace_back("--dry-run");
        would = desk.repo(words, is_signing);
        INFO(words.front() << ": " << would.output);
        CHECK(would.code == 0);
        CHECK(contains(would.output, "would "));
        CHECK(contains(would.output, file));
        CHECK(contains(would.output, "nothing is changed"));
        CHECK(tree_of(desk.scratch.path() / "repo") + tree_of(built) == before);
    };
    for (auto words : changes) {
        words.insert(words.end(), release.begin(), release.end());
        check(words, "write public/metadata/timestamp.json");
    }
    check({"add", "--product", "agent", "--version", "3.0.0", "--artifact", "agent:bin/agent=" + program},
          "write drafts/agent@3.0.0.json", false);
    check({"import", built, "--channel", "stable"},
          "remove " + (built / "agent-linux-x86_64-2.0.0.channel").string());
    check({"channel", "--product", "agent", "--channel", "slow"}, "write public/metadata/1.agent-slow.json");
    check({"rotate", "timestamp"}, "write public/metadata/2.root.json");
    check({"rotate", "channel", "--product", "agent", "--channel", "beta"}, "write public/metadata/");
    check({"resign"}, "write public/metadata/timestamp.json");
    check({"gc", "--days", "0"}, "remove public/metadata/1.snapshot.json", false);
    const Answer machine = desk.repo({"gc", "--days", "0", "--dry-run", "--json"}, false);
    CHECK(contains(machine.output, R"({"file":"public/metadata/1.snapshot.json","would":"remove"})"));
    CHECK(machine.json()["exit"] == "ok");
}

TEST_CASE(
    "a root whose key is on a card is signed by the card's program, and the card is asked by nobody else") {
    Desk desk;
    const fs::path card = desk.scratch.path() / "card", key = desk.scratch.path() / "card.pem";
    const fs::path signer = desk.scratch.path() / "sign-by-card";
    const auto openssl = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "/usr/bin/openssl");
        REQUIRE(Process{words, desk.scratch.path() / "openssl.log"}.wait() == 0);
    };
    openssl({"genpkey", "-algorithm", "ed25519", "-out", card});
    openssl({"pkey", "-in", card, "-pubout", "-out", key});
    write_file(
        signer,
        fmt::format("#!/bin/sh\nprintf '%s\\n' \"$1\" >> {}.asked\n"
                    "openssl pkeyutl -sign -rawin -inkey {} -in \"$2\" | od -An -v -tx1 | tr -d ' \\n'\n",
                    card.string(), card.string()));
    fs::permissions(signer, fs::perms::owner_all);
    CHECK(desk.repo({"init", "--public-key", "nobody=" + key.string(), "--signer", signer}).code == 2);
    const Answer silent = desk.repo({"init", "--public-key", "root=" + key.string()});
    CHECK(silent.code != 0);
    CHECK(contains(silent.output, "cannot be asked here"));
    const Answer made = desk.repo({"init", "--public-key", "root=" + key.string(), "--signer", signer});
    REQUIRE_MESSAGE(made.code == 0, made.output);
    desk.publish("1.0.0", "stable");
    const auto asked = read_file(card.string() + ".asked");
    CHECK(std::ranges::count(asked, '\n') == 1);
    const Answer rotated = desk.repo({"rotate", "timestamp", "--public-key", key, "--signer", signer});
    CHECK_MESSAGE(rotated.code == 0, rotated.output);
    CHECK(contains(desk.checked(), "a client accepts the tree and every target in it"));
}

TEST_CASE("what a timer runs says by its exit code that a role needs its keyholders") {
    Desk desk;
    REQUIRE(desk.repo({"init"}).code == 0);
    const Answer calm = desk.repo({"resign", "--days", "3"});
    CHECK_MESSAGE(calm.code == 0, calm.output);
    CHECK(contains(calm.output, "expires"));
    const Answer alarmed = desk.repo({"resign", "--days", "400"});
    CHECK(alarmed.code == 8);
    CHECK(contains(alarmed.output, "root 1 expires"));
}

TEST_CASE("a wrong passphrase, a missing one and a name that is none change nothing") {
    Desk desk;
    REQUIRE(desk.repo({"init"}).code == 0);
    desk.publish("1.0.0", "stable");
    const std::string before = tree_of(desk.dir / "public/metadata");
    const auto publish = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words{"repo",  "publish",   "--dir", desk.dir,    "--product",
                                       "agent", "--version", "1.0.0", "--channel", "beta"};
        words.insert(words.end(), more.begin(), more.end());
        return desk.run(words);
    };
    const Answer missing = publish({});
    CHECK(missing.code != 0);
    CHECK(contains(missing.output, "--passphrase-file"));
    const Answer wrong = publish({"--passphrase-file", desk.file("wrong", "not the words\n")});
    CHECK(wrong.code != 0);
    CHECK_FALSE(contains(wrong.output, "not the words"));
    CHECK(desk.repo({"publish", "--product", "../agent", "--version", "1.0.0", "--channel", "beta"}).code !=
          0);
    CHECK(desk.repo({"publish", "--product", "agent", "--version", "latest", "--channel", "beta"}).code != 0);
    CHECK(desk.repo({"publish", "--product", "agent", "--version", "7.0.0", "--channel", "beta"}).code != 0);
    CHECK(desk.run({"repo", "publish"}).code == 2);
    CHECK(tree_of(desk.dir / "public/metadata") == before);
}

TEST_CASE("a second publisher in the same folder is told who works there") {
    Desk desk;
    REQUIRE(desk.repo({"init"}).code == 0);
    PublishingTools tools;
    const auto first = repository::Publisher::open(
        tools.publisher_ports(), desk.dir, [] { return Result<std::string>{std::string{passphrase}}; });
    REQUIRE(first);
    const Answer second = desk.repo({"resign"});
    CHECK(second.code != 0);
    CHECK(contains(second.output, "another publisher works here"));
}

TEST_CASE("a store of one's own is begun, shown, and begun again; without a root it stays as it is") {
    Desk desk;
    REQUIRE(desk.repo({"init"}).code == 0);
    desk.publish("1.0.0", "stable");
    const std::string store = desk.scratch.path() / "store", bundle = desk.scratch.path() / "bundle",
                      into = desk.scratch.path() / "into";
    CHECK(desk.run({"trust", "reset", "--store", store}).code != 0);
    REQUIRE(desk.run({"trust", "set", desk.dir / "public/metadata/1.root.json", "--store", store}).code == 0);
    REQUIRE(desk.run({"bundle", "export", "--dir", desk.dir, "--product", "agent", "--channel", "stable",
                      "--to", bundle})
                .code == 0);
    fs::create_directory(into);
    const auto apply = [&] {
        return desk.run({"bundle", "apply", bundle, "--store", store, "--product", "agent", "--channel",
                         "stable", "--into", into});
    };
    const Answer applied = apply();
    CHECK_MESSAGE(applied.code == 0, applied.output);
    CHECK(contains(applied.output, "agent 1.0.0, verified"));
    CHECK(contains(desk.run({"trust", "show", "--store", store}).output, "snapshot"));
    const Answer reset = desk.run({"trust", "reset", "--store", store});
    CHECK(contains(reset.output, "trust begins again with root 1"));
    CHECK(apply().code == 0);
    fs::remove_all(fs::path{store} / "roots");
    const std::string before = tree_of(store);
    const Answer refused = desk.run({"trust", "reset", "--store", store});
    CHECK(refused.code == 1);
    CHECK(contains(refused.output, "updatectl trust set"));
    CHECK(tree_of(store) == before);
    CHECK(desk.run({"trust", "show", "--store", store, "--config", "/x"}).code == 2);
}
