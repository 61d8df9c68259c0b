// The lines for people beside the journal.
#include "journal/history.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "records.hpp"
#include "support/memory_files.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Disk {
    MemoryFiles files;
    Layout layout{"/state", "/root"};
    History history{files, layout};
    const Path rotated = "/state/history.1.jsonl";

    std::string text(const Path& path) {
        const auto& bytes = files.content(path);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

WallTime at(std::int64_t ms) { return WallTime{std::chrono::milliseconds{ms}}; }

}  // namespace

TEST_CASE("each event is one line of JSON that names time, update, state and event") {
    Disk disk;
    disk.history.append(at(17), plausible_record(), "succeeded", "starting by watchdog");
    disk.history.append(at(18), plausible_record(), "note", "two\nlines \xff");
    std::istringstream lines{disk.text(disk.layout.history())};
    std::string first, second, none;
    REQUIRE(std::getline(lines, first));
    REQUIRE(std::getline(lines, second));
    CHECK_FALSE(std::getline(lines, none));
    const auto event = nlohmann::json::parse(first);
    CHECK(event.at("t") == 17);
    CHECK(event.at("update") == "u-1");
    CHECK(event.at("state") == "awaiting-ready");
    CHECK(event.at("event") == "succeeded");
    CHECK(event.at("note") == "starting by watchdog");
    CHECK(event.at("route") == "watchdog");
    CHECK(nlohmann::json::accept(second));
}

TEST_CASE("at 1 MiB the history begins anew, and one old file is kept") {
    Disk disk;
    const std::string note(10'000, 'n');
    std::size_t written = 0, lines = 0;
    while (!disk.files.exists(disk.rotated)) {
        disk.history.append(at(1), plausible_record(), "note", note);
        REQUIRE(++lines < 200);
        written = disk.text(disk.layout.history()).size();
    }
    CHECK(disk.text(disk.rotated).size() >= 1 << 20);
    CHECK(disk.text(disk.rotated).size() < (1 << 20) + 11'000);
    CHECK(written < 11'000);
    CHECK(disk.text(disk.layout.history()).starts_with("{"));
}

TEST_CASE("a history that cannot be written is nobody's trouble") {
    Disk disk;
    disk.files.room_bytes = 0;
    disk.history.append(at(1), plausible_record(), "note", "");
    disk.files.nodes.erase(disk.layout.history());
    disk.files.put(disk.layout.history(), {}, FileInfo::Kind::link);
    disk.history.append(at(1), plausible_record(), "note", "");
    CHECK(disk.files.nodes.at(disk.layout.history())->kind == FileInfo::Kind::link);
}
