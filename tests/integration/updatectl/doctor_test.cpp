// The doctor: nothing to mend on a good endpoint, and each planted defect is named with its cure.
#include <filesystem>
#include <functional>
#include <unistd.h>

#include "operator.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

namespace {

struct Finding {
    bool ok = false;
    std::string what, cure;
};

/// The first finding of this check that is not ok, else the first one.
Finding finding(const Answer& ran, const std::string& check) {
    Finding found;
    const auto json = ran.json();
    REQUIRE_MESSAGE(json.is_object(), ran.output);
    for (const auto& row : json["findings"]) {
        if (row["check"] != check) continue;
        found = {row["ok"], row["what"], row["cure"]};
        if (!found.ok) break;
    }
    return found;
}

void check_found(Operator& op, const std::string& check, const std::string& what, const std::string& cure) {
    const Answer ran = op.run({"doctor", "--json"});
    INFO(ran.output);
    CHECK(ran.code == 8);
    const Finding found = finding(ran, check);
    CHECK_FALSE(found.ok);
    CHECK_MESSAGE(contains(found.what, what), found.what);
    CHECK_MESSAGE(contains(found.cure, cure), found.cure);
}

void open_to_others(const fs::path& path, fs::perms more) {
    fs::permissions(path, more, fs::perm_options::add);
}

}  // namespace

TEST_CASE("a good endpoint has nothing to mend") {
    Server server;
    Endpoint endpoint{server, on_ready};
    Operator op{endpoint};
    endpoint.start_watchdog();
    const Answer ran = op.run({"doctor"});
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK(contains(ran.output, "nothing to mend"));
}

TEST_CASE("each planted defect is found by its check, with a cure") {
    Server server;
    Endpoint endpoint{server, unsigned_};
    Operator op{endpoint};
    endpoint.start_watchdog();

    SUBCASE("the state directory is open to others") {
        open_to_others(endpoint.state_dir(), fs::perms::group_read);
        check_found(op, "state-dir", "open to others", "chmod 0700");
    }
    SUBCASE("others can write where the programs lie") {
        open_to_others(endpoint.install_root() / "bin", fs::perms::others_write);
        check_found(op, "install-root", "others can write", "chmod go-w");
    }
    SUBCASE("the group can write where the programs lie") {
        open_to_others(endpoint.install_root() / "bin", fs::perms::group_write);
        check_found(op, "install-root", "others can write", "chmod go-w");
    }
    SUBCASE("the folder of the programs belongs to somebody else") {
        if (::geteuid() != 0) {
            MESSAGE("skipped, only root can give a folder away");
            return;
        }
        REQUIRE(::chown((endpoint.install_root() / "bin").c_str(), 4711, static_cast<::gid_t>(-1)) == 0);
        check_found(op, "install-root", "belongs to account 4711", "chown");
    }
    SUBCASE("the root that trust begins with is missing") {
        auto changed = unsigned_;
        changed["trust.root"] = '"' + (endpoint.folder() / "nothing.json").string() + '"';
        endpoint.configure(changed);
        check_found(op, "trust", "there is no", "install the publisher's root.json");
    }
    SUBCASE("the root that trust begins with is no signed root") {
        write_file(endpoint.folder() / "root.json", "{}");
        auto changed = unsigned_;
        changed["trust.root"] = '"' + (endpoint.folder() / "root.json").string() + '"';
        endpoint.configure(changed);
        check_found(op, "trust", "root.json", "install the root.json that the publisher ships");
    }
    SUBCASE("what was fetched is open to others") {
        fs::create_directory(endpoint.layout().trust());
        open_to_others(endpoint.layout().trust(), fs::perms::others_write);
        check_found(op, "trust-store", "open to others", "chmod 0700");
    }
    SUBCASE("the newest root that is known here has expired") {
        fs::create_directory(endpoint.layout().trust());
        fs::permissions(endpoint.layout().trust(), fs::perms::owner_all);
        write_file(endpoint.layout().trust() / "root.json",
                   R"({"signed":{"version":3,"expires":"2020-01-01T00:00:00Z"},"signatures":[]})");
        check_found(op, "trust-store", "root 3 expired", "trust.repositories");
    }
    SUBCASE("the key is open to others") {
        open_to_others(endpoint.folder() / "key", fs::perms::others_read);
        check_found(op, "key-file", "open to others", "chmod 0600");
    }
    SUBCASE("the key is missing") {
        fs::remove(endpoint.folder() / "key");
        check_found(op, "key-file", "No such file", "write the key");
    }
    SUBCASE("the CA file holds no certificate") {
        write_file(endpoint.folder() / "ca.txt", "nothing\n");
        auto changed = on_ready;
        changed["transfer.ca_file"] = '"' + (endpoint.folder() / "ca.txt").string() + '"';
        endpoint.configure(changed);
        check_found(op, "ca-file", "holds no certificate", "PEM");
    }
    SUBCASE("nobody listens at the server's address") {
        auto changed = on_ready;
        changed["server_url"] = R"("wss://127.0.0.1:1/agent")";
        endpoint.configure(changed);
        check_found(op, "server-url", "127.0.0.1:1", "server_url");
    }
    SUBCASE("the watchdog does not run") {
        endpoint.watchdog().stop();
        check_found(op, "watchdog", "no watchdog answers", "start it");
        check_found(op, "programs", "agent does not run", "start the watchdog");
    }
    SUBCASE("no route leads to a restart") {
        auto changed = on_ready;
        changed["routes"] = R"(["watchdog"])";
        endpoint.configure(changed);
        endpoint.watchdog().stop();
        check_found(op, "routes", "nobody could restart the agent", "start the watchdog");
    }
    SUBCASE("an administrator holds the agent") {
        REQUIRE(op.run({"hold"}).code == 0);
        check_found(op, "held", "agent is held", "updatectl release agent");
    }
    SUBCASE("the agent cannot be executed") {
        fs::permissions(endpoint.install_root() / "bin/agent", fs::perms::all, fs::perm_options::remove);
        check_found(op, "programs", "cannot be executed", "chmod u+x");
    }
    SUBCASE("the journal is damaged") {
        endpoint.watchdog().stop();
        write_file(endpoint.layout().journal_slot(0), "garbage");
        check_found(op, "journal", "journal.a", "remove the damaged journal");
    }
    SUBCASE("outcomes wait for a server") {
        server.kill_hard();
        const auto applied =
            op.run({"apply", "--from", "1.0.0", "--version", "1.1.0", "--artifact",
                    "agent:bin/agent=" + built_version("agent-1.1").string() + ",self-test"});
        REQUIRE_MESSAGE(applied.code == 0, applied.output);
        check_found(op, "outcomes", "1 outcomes are not confirmed", "reach the server");
    }
    SUBCASE("the configuration has an unknown key") {
        write_file(endpoint.config(), "colour = 1\n");
        check_found(op, "config", "colour: is not a known key", "correct");
    }
}
