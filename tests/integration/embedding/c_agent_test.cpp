// An agent written in C updates itself: a program of this repository that knows nothing but
// <update/update.h>.
#include <csignal>
#include <cstdio>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "support/await.hpp"
#include "support/endpoint.hpp"

using namespace update;
using namespace update::test;
namespace fs = std::filesystem;

namespace {

fs::path built(const std::string& version) { return fs::path{BIN} / ("minimal-agent-c-" + version); }

std::string output_of(const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string all;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) all += static_cast<char>(c);
    CHECK(::pclose(pipe) == 0);
    return all;
}

}  // namespace

TEST_CASE("an agent in C becomes its next version by the self-update route") {
    Server server;
    const Scratch scratch{"update-c-agent"};
    const fs::path root = scratch.path() / "root", config = scratch.path() / "update.toml",
                   selection = scratch.path() / "selection.json", log = scratch.path() / "log";
    fs::create_directories(root / "bin");
    fs::copy_file(built("1.0.0"), root / "bin/agent");
    write_file(
        config,
        fmt::format("install_root = \"{0}\"\nstate_dir = \"{1}\"\nroutes = [\"self-update\"]\n"
                    "[[programs]]\npath = \"bin/agent\"\narguments = [\"{2}\", \"{3}\"]\n"
                    "[trial]\ncommit_on = \"ready\"\n[transfer]\nca_file = \"{4}\"\n"
                    "[trust]\nroot = \"{5}\"\n"
                    "repositories = [{{metadata = \"{6}/metadata\", targets = \"{6}/targets\"}}]\n",
                    root.string(), (scratch.path() / "state").string(), config.string(), selection.string(),
                    server.ca_file().string(), server.root_file().string(), server.https()));
    repository::ArtifactWish artifact{built("1.1.0"), {}};
    artifact.artifact.role = Role::agent;
    artifact.artifact.install_path = "bin/agent";
    artifact.artifact.self_test = true;
    repository::PublishWish wish;
    wish.product = "agent";
    wish.version = "1.1.0";
    wish.channel = "stable";
    server.publish(wish, {artifact});
    write_file(selection, R"({"update_id": "from-c", "product": "agent", "version": "1.1.0"})");

    Process agent{{(root / "bin/agent").string(), config.string(), selection.string()}, log};
    const fs::path outcome = scratch.path() / "state/outcomes/from-c.json";
    await(
        "the outcome is filed", 30s, [&] { return fs::exists(outcome); }, [&] { return read_file(log); });
    const auto end = parse_outcome(read_file(outcome));
    REQUIRE(end.has_value());
    CAPTURE(read_file(log));
    CHECK(end->ending == Ending::committed);
    CHECK(end->route == Route::self_update);
    CHECK(agent.wait() == 128 + SIGTERM);  // the helper stopped it
    CHECK(read_file(root / "bin/agent") == read_file(built("1.1.0")));
    CHECK_FALSE(processes_with(root.string() + "/bin/agent").empty());
}

TEST_CASE("the shared library shows the functions of update.h and nothing else") {
    const std::string shown = output_of(fmt::format(
        "nm -D --defined-only --format=just-symbols {} | sed s,@.*,, | grep -v ^UPDATE_0", C_LIBRARY));
    const std::string meant = output_of(fmt::format(
        "grep -ohE '\\bupdate_[a-z_]+\\(' {}/include/update/update.h | tr -d '(' | sort -u", SOURCE_ROOT));
    CHECK(shown == meant);
}
