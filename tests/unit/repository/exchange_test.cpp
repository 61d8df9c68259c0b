// Releases that come in as files with names, and go out as a bundle.
#include "repository/import.hpp"
#include "unit/engine/faulty_files.hpp"
#include "unit/repository/publisher_world.hpp"

using namespace update;
using namespace update::test;
using repository::parse_import_name;

TEST_CASE("names of programs say what they are") {
    CHECK(parse_import_name("my-agent-linux-x86_64-v1.2.3-beta.1") ==
          repository::ImportName{"my-agent", "linux", "x86_64", "1.2.3-beta.1", false});
    CHECK(parse_import_name("agent-windows-amd64-2.0.0.exe") ==
          repository::ImportName{"agent", "windows", "amd64", "2.0.0", true});
    for (const auto* none : {"README.md", "agent-linux-x86_64", "agent-linux-x86_64-latest",
                             "-linux-x86_64-1.0.0", "agent-plan9-x86_64-1.0.0", "agent-1.0.0.exe", ""})
        CHECK_FALSE(parse_import_name(none));
}

TEST_CASE("a folder is imported by its names and sidecars, and stable removes a sidecar that would lie") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.file("in/agent-linux-x86_64-1.0.0", "linux");
    world.file("in/agent-windows-amd64-1.0.0.exe", "windows");
    world.file("in/agent-linux-x86_64-1.1.0", "beta");
    const auto sidecar = world.file("in/agent-linux-x86_64-1.1.0.channel", "beta\n");
    world.file("in/README", "no program");
    std::vector<std::string> skipped;
    const auto import = [&](const std::string& channel) {
        skipped.clear();
        return repository::import_folder(*publisher, *world.disk, world.folder.path() / "in", channel,
                                         skipped);
    };
    const auto imported = import("");
    INFO((imported ? std::string{} : imported.error().message()));
    REQUIRE(imported);
    CHECK(imported->size() == 2);
    CHECK(skipped == std::vector<std::string>{"README"});
    CHECK(publisher->list("agent", "stable")->releases.at(0).artifacts.size() == 2);
    CHECK(publisher->list("agent", "beta")->releases.at(0).version == "1.1.0");
    CHECK(std::filesystem::exists(sidecar));
    REQUIRE(publisher->publish({"agent", "1.0.0", "stable", 4, {}, RestartKind::agent, Rollout{10, {}}}));
    REQUIRE(import("stable"));
    CHECK_FALSE(std::filesystem::exists(sidecar));
    const auto stable = publisher->list("agent", "stable");
    REQUIRE(stable);
    for (const Release& release : stable->releases) {
        CHECK(release.epoch == 4);
        CHECK(release.rollout.percent == (release.version == "1.0.0" ? 10U : 100U));
    }
    CHECK(publisher->list("agent", "stable")->releases.size() == 2);
    CHECK(world.problems().empty());
}

TEST_CASE("a bundle is whole also when something is published while it is made") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "stable");
    Finger finger;
    FaultyFiles files{finger};
    bool published = false;
    finger.before = [&](std::string_view, const Path& path) -> Status {
        if (published || path.string().find("bundle") == std::string::npos) return done();
        published = true;
        world.release(*publisher, "1.1.0", "stable");
        return done();
    };
    FileHttp http{*world.disk};
    const trust::ClientPorts ports{http, files, world.clock, world.crypto};
    const Path bundle = world.folder.path() / "bundle", into = world.folder.path() / "into";
    REQUIRE(repository::export_bundle(ports, *world.folders, world.tree(), "agent", "stable", bundle,
                                      world.folder.path() / "scratch"));
    REQUIRE(published);
    std::filesystem::create_directory(into);
    { REQUIRE(world.client(http)); }
    const auto applied =
        repository::apply_bundle({http, *world.disk, world.clock, world.crypto}, bundle,
                                 world.folder.path() / "store", "agent", "stable", "", into, {});
    INFO((applied ? std::string{} : applied.error().message()));
    REQUIRE(applied);
    CHECK(applied->list.releases.at(0).version == "1.0.0");
}

TEST_CASE("a bundle carries a channel to a site without a network, by the same verifier") {
    World world;
    auto publisher = world.publisher();
    REQUIRE(publisher->init({}));
    world.release(*publisher, "1.0.0", "stable");
    world.release(*publisher, "1.1.0", "stable");
    world.release(*publisher, "2.0.0", "beta");
    FileHttp http{*world.disk};
    const trust::ClientPorts ports{http, *world.disk, world.clock, world.crypto};
    const Path bundle = world.folder.path() / "bundle", into = world.folder.path() / "into";
    const auto count = repository::export_bundle(ports, *world.folders, world.tree(), "agent", "stable",
                                                 bundle, world.folder.path() / "scratch");
    INFO((count ? std::string{} : count.error().message()));
    REQUIRE(count);
    CHECK(*count == 3);
    REQUIRE(world.refresh());
    std::filesystem::create_directory(into);
    const auto apply = [&](const std::string& version) {
        return repository::apply_bundle(ports, bundle, world.folder.path() / "store", "agent", "stable",
                                        version, into, {});
    };
    const auto applied = apply("");
    INFO((applied ? std::string{} : applied.error().message()));
    REQUIRE(applied);
    CHECK(applied->list.releases.at(0).version == "1.1.0");
    CHECK(std::filesystem::file_size(applied->files.at(0)) == 13);
    CHECK_FALSE(apply("2.0.0"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator{bundle / "targets"})
        if (entry.is_regular_file() && entry.path().filename().string().ends_with("1.0.0-agent"))
            std::ofstream{entry.path()} << "tampered with";
    CHECK(apply("1.1.0"));
    const auto tampered = apply("1.0.0");
    REQUIRE_FALSE(tampered);
    CHECK(tampered.error().code() == ErrorCode::corrupt);
}
