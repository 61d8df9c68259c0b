// The simulator's Windows rules for files, each played in its world and with the real files of this system:
// what comes out has to be the same. The rules: docs/fault-model.md, and as a table in docs/windows.md.
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>

#include "sim/files.hpp"
#include "support.hpp"

using namespace update;
using namespace windows_test;

namespace {

/// A folder with two files: "live", which may run or be held open, and "new".
class Place {
 public:
    Place() = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    virtual ~Place() = default;
    virtual void run_live() = 0;
    virtual void hold(const std::string& name) = 0;  ///< shared with readers only
    virtual Files& files() = 0;
    virtual Path path(const std::string& name) const = 0;
};

class Simulated : public Place {
 public:
    Simulated() {
        world_.disk.put("/rules", "", FileInfo::Kind::directory);
        for (const char* name : {"/rules/live", "/rules/new"})
            world_.disk.put(name, name, FileInfo::Kind::file);
    }
    void run_live() override { ++world_.disk.find("/rules/live")->running; }
    void hold(const std::string& name) override { held_ = *files_.open(path(name), OpenMode::read); }
    Files& files() override { return files_; }
    Path path(const std::string& name) const override { return Path{"/rules"} / name; }

 private:
    const std::vector<sim::Scenario> scenarios_ = sim::scenarios(sim::Platform::windows_rules);
    sim::World world_{scenarios_.front(), sim::Platform::windows_rules, 1, {}, false};
    sim::SimFiles files_{world_, nullptr};
    std::unique_ptr<File> held_;
};

class Real : public Place {
 public:
    Real() {
        write(folder_ / "live", "live");
        write(folder_ / "new", "new");
    }
    void run_live() override {
        std::filesystem::remove(folder_ / "live");
        running_.emplace(folder_ / "live");
    }
    void hold(const std::string& name) override {
        held_ = Handle{::CreateFileW((folder_ / name).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                                     OPEN_EXISTING, 0, nullptr)};
        REQUIRE(held_);
    }
    Files& files() override { return *files_; }
    Path path(const std::string& name) const override { return folder_ / name; }

 private:
    const Folder folder_;
    const std::unique_ptr<Files> files_ = make_files();
    std::optional<Sleeper> running_;
    Handle held_;
};

using Act = std::function<Status(Place&)>;

constexpr const char *succeeds = "succeeds", *in_use = "is refused as long as it is in use";

std::string what_comes_of(const Act& act, Place&& place) {
    const Status status = act(place);
    if (status) return succeeds;
    switch (status.error().code()) {
        case ErrorCode::retry_later:
            return in_use;
        case ErrorCode::unsupported:
            return "is not offered";
        default:
            return status.error().message();
    }
}
std::string in_the_simulator(const Act& act) { return what_comes_of(act, Simulated{}); }
std::string in_truth(const Act& act) { return what_comes_of(act, Real{}); }

Status rename(Place& place, const std::string& from, const std::string& to) {
    return place.files().rename(place.path(from), place.path(to));
}
Status open_for_writing(Place& place, const std::string& name) {
    UPDATE_TRY(file, place.files().open(place.path(name), OpenMode::read_write), "open");
    (void)file;
    return done();
}

struct Rule {
    std::string what;
    Act act;
};

const Rule rules[] = {
    {"renaming a running image",
     [](Place& place) {
         place.run_live();
         return rename(place, "live", "aside");
     }},
    {"taking the name of a running image that has stepped aside",
     [](Place& place) -> Status {
         place.run_live();
         UPDATE_CHECK(rename(place, "live", "aside"), "step aside");
         return rename(place, "new", "live");
     }},
    {"replacing a running image, which steps aside to .old",
     [](Place& place) -> Status {
         place.run_live();
         UPDATE_CHECK(rename(place, "new", "live"), "replace");
         UPDATE_TRY(aside, place.files().info(place.path("live.old")), "what stepped aside");
         (void)aside;
         return done();
     }},
    {"removing a running image",
     [](Place& place) {
         place.run_live();
         return place.files().remove(place.path("live"));
     }},
    {"writing to a running image",
     [](Place& place) {
         place.run_live();
         return open_for_writing(place, "live");
     }},
    {"renaming a file that somebody holds open",
     [](Place& place) {
         place.hold("new");
         return rename(place, "new", "other");
     }},
    {"replacing a file that somebody holds open",
     [](Place& place) {
         place.hold("live");
         return rename(place, "new", "live");
     }},
    {"removing a file that somebody holds open",
     [](Place& place) {
         place.hold("live");
         return place.files().remove(place.path("live"));
     }},
    {"a second name by a hard link",
     [](Place& place) { return place.files().link(place.path("live"), place.path("second")); }},
    {"replacing, then removing, a file that nobody uses",
     [](Place& place) -> Status {
         UPDATE_CHECK(rename(place, "new", "live"), "replace");
         return place.files().remove(place.path("live"));
     }},
};

}  // namespace

TEST_CASE("each of the simulator's Windows rules for files is what happens to real files") {
    for (const Rule& rule : rules) {
        const std::string truth = in_truth(rule.act);
        MESSAGE(rule.what, ": ", truth);
        CHECK_MESSAGE(in_the_simulator(rule.act) == truth, rule.what);
    }
}

TEST_CASE("the table of docs/windows.md has each of these rules, with what comes of it") {
    std::ifstream in{WINDOWS_PAGE, std::ios::binary};
    const std::string page{std::istreambuf_iterator<char>{in}, {}};
    REQUIRE_FALSE(page.empty());
    for (const Rule& rule : rules) {
        const std::string row = "| " + rule.what + " | " + in_the_simulator(rule.act) + " |";
        CHECK_MESSAGE(page.find(row) != std::string::npos, row);
    }
}
