#include "journal/outcome_file.hpp"

#include <doctest/doctest.h>

#include "unit/journal/disk.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Disk : StateDisk {
    void file(int number, std::int64_t ended_at) {
        Outcome outcome;
        outcome.update_id = id(number);
        outcome.from_version = "1.0.0";
        outcome.to_version = "1.1.0";
        outcome.ended_at_unix_ms = ended_at;
        REQUIRE(write_outcome(files, layout, outcome));
    }
    bool has(int number) const { return files.exists(layout.outcome(id(number))); }
    std::size_t count() {
        const auto names = files.list(layout.outcomes());
        return names ? names->size() : 0;
    }
    static std::string id(int number) { return "u-" + std::to_string(number); }
};

constexpr int more = static_cast<int>(max_kept_outcomes) + 20;

}  // namespace

TEST_CASE("of outcomes that nobody fetches the newest are kept") {
    Disk disk;
    for (int n = 0; n < more; ++n) {
        disk.file(n, 1'000 + n);
        REQUIRE(disk.has(n));
        REQUIRE(disk.count() <= max_kept_outcomes);
    }
    CHECK(disk.count() == max_kept_outcomes);
    CHECK_FALSE(disk.has(19));
    CHECK(disk.has(20));
}

TEST_CASE("an outcome that was just filed stays, though the clock has gone back") {
    Disk disk;
    for (int n = 0; n < more; ++n) disk.file(n, 1'000'000 - n);
    CHECK(disk.count() == max_kept_outcomes);
    CHECK(disk.has(more - 1));
}

TEST_CASE("a file that is no outcome goes before any outcome") {
    Disk disk;
    disk.files.put(disk.layout.outcomes() / "broken.json", {std::byte{'{'}});
    for (int n = 0; n < static_cast<int>(max_kept_outcomes); ++n) disk.file(n, 1'000 + n);
    CHECK_FALSE(disk.files.exists(disk.layout.outcomes() / "broken.json"));
    CHECK(disk.has(0));
}
