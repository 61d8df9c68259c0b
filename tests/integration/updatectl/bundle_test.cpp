// A site without a network: releases come in a folder, and are verified as if a server had handed them out.
#include <fmt/format.h>

#include "operator.hpp"

using namespace update;
using namespace update::test;

namespace fs = std::filesystem;

namespace {

/// Its configuration names no repository.
struct Site {
    Server server;
    Endpoint endpoint{server, [] {
                          Overrides alone = on_ready;
                          alone["trust.repositories"] = "[]";
                          return alone;
                      }()};
    Operator op{endpoint};
    std::string channel;

    /// What is published, as it is now, in a folder of its own.
    fs::path bundle(const std::string& name) {
        const fs::path to = endpoint.folder() / name, log = endpoint.folder() / (name + ".log");
        Process exported{{UPDATECTL, "bundle", "export", "--dir", server.repository().parent_path(),
                          "--product", "agent", "--channel", channel, "--to", to},
                         log};
        REQUIRE_MESSAGE(exported.wait() == 0, read_file(log));
        return to;
    }
    Answer apply(const fs::path& bundle) {
        return op.run({"apply", "--json", "--bundle", bundle, "--from", "1.0.0", "--channel", channel});
    }
};

}  // namespace

TEST_CASE("an endpoint without a network installs what is in a bundle, by the watchdog") {
    Site site;
    site.channel = site.endpoint.publish("1.1.0", {agent_item("agent-1.1")});
    const fs::path bundle = site.bundle("bundle");
    site.endpoint.start_watchdog();
    const Answer checked =
        site.op.run({"check", "--bundle", bundle, "--from", "1.0.0", "--channel", site.channel});
    CHECK_MESSAGE(checked.code == 0, checked.output);
    const Answer ran = site.apply(bundle);
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    CHECK(ran.json()["outcome"]["ending"] == "committed");
    CHECK(ran.json()["outcome"]["route"] == "watchdog");
    CHECK(site.endpoint.installed_version() == "1.1.0");
    const Answer again = site.op.run({"apply", "--from", "1.1.0", "--channel", site.channel});
    CHECK(again.code == 3);
    CHECK(contains(again.output, "updatectl apply --bundle"));
}

TEST_CASE("a bundle in which a byte was changed installs nothing, and says what is wrong with it") {
    Site site;
    site.channel = site.endpoint.publish("1.1.0", {agent_item("agent-1.1")});
    const fs::path bundle = site.bundle("bundle");
    site.endpoint.start_watchdog();
    const bool metadata = [] {
        bool is = false;
        SUBCASE("of the metadata") { is = true; }
        SUBCASE("of the program") { is = false; }
        return is;
    }();
    for (const auto& entry : fs::recursive_directory_iterator{bundle}) {
        const std::string name = entry.path().filename();
        if (!entry.is_regular_file() || !name.ends_with(metadata ? "snapshot.json" : "agent-1.1")) continue;
        std::string bytes = read_file(entry.path());
        bytes[bytes.size() / 2] ^= 1;
        fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
        write_file(entry.path(), bytes);
    }
    const Answer ran = site.apply(bundle);
    INFO(ran.output);
    CHECK(ran.code != 0);
    CHECK(contains(ran.output, metadata ? "tampered" : "corrupt"));
    CHECK(site.endpoint.installed_version() == "1.0.0");
}

TEST_CASE("a folder that is no bundle is refused, with what is missing in it") {
    Site site;
    site.channel = "stable";
    const Answer ran = site.apply(site.endpoint.folder());
    CHECK(ran.code == 2);
    CHECK(contains(ran.output, "is no bundle: there is no"));
    CHECK(contains(ran.output, "metadata/timestamp.json"));
    CHECK(contains(ran.output, "updatectl bundle export"));
}

TEST_CASE("trust is shown, set and begun again on the endpoint, and what is no root does not become one") {
    Site site;
    site.channel = site.endpoint.publish("1.1.0", {agent_item("agent-1.1")});
    const fs::path bundle = site.bundle("bundle");
    CHECK(site.op.run({"trust", "reset"}).code == 0);  // before anything was looked for
    site.endpoint.start_watchdog();
    REQUIRE(site.apply(bundle).code == 0);
    const Answer shown = site.op.run({"trust", "show"});
    CHECK_MESSAGE(shown.code == 0, shown.output);
    CHECK(contains(shown.output, "timestamp"));
    CHECK(contains(shown.output, "never below root 1"));
    const Answer reset = site.op.run({"trust", "reset"});
    CHECK_MESSAGE(reset.code == 0, reset.output);
    CHECK(contains(reset.output, "trust begins again with root 1"));
    CHECK_FALSE(contains(site.op.run({"trust", "show"}).output, "snapshot       "));
    write_file(site.endpoint.folder() / "no-root.json", "{}");
    const Answer refused = site.op.run({"trust", "set", site.endpoint.folder() / "no-root.json"});
    CHECK(refused.code != 0);
    CHECK(contains(refused.output, "no-root.json"));
    const Answer again = site.op.run({"trust", "set", site.server.root_file()});
    CHECK_MESSAGE(again.code == 0, again.output);
    CHECK(contains(again.output, "trust begins with root 1"));
}

TEST_CASE("trust is not changed beside somebody who looks for releases or updates") {
    Server server;
    Endpoint endpoint{server, slow};
    Operator op{endpoint}, other{endpoint};
    endpoint.start_watchdog();
    op.begin(op.apply_without_self_test("1.1.0", "agent-1.1"));
    endpoint.await_state(State::downloading);
    const Answer ran = other.run({"trust", "reset"});
    CHECK(ran.code != 0);
    CHECK(contains(ran.output, "is locked by process"));
    REQUIRE(other.run({"cancel"}).code == 0);
    (void)op.end();
    CHECK(other.run({"trust", "reset"}).code == 0);
}
