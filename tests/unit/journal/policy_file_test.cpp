#include "journal/policy_file.hpp"

#include <doctest/doctest.h>

#include "unit/journal/disk.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Disk : StateDisk {
    void commit(std::uint64_t epoch, const std::string& permit) {
        Plan plan;
        plan.epoch = epoch;
        plan.permit = permit;
        store(record_commit(load(), plan));
    }
    PolicyMemory load() {
        const auto memory = load_policy_memory(files, layout);
        REQUIRE(memory);
        return *memory;
    }
    void store(const PolicyMemory& memory) { REQUIRE(store_policy_memory(files, layout, memory)); }
    void damage(const Path& path) { files.put(path, {std::byte{'{'}}); }
};

}  // namespace

TEST_CASE("the security epoch and used permits survive the loss of either file, and the file comes back") {
    Disk disk;
    disk.commit(7, "back-1");
    disk.commit(5, "back-2");
    PolicyMemory memory = disk.load();
    CHECK(memory.epoch == 7);
    CHECK(memory.used_permits == std::vector<std::string>{"back-1", "back-2"});
    for (const auto& path : {disk.layout.policy(), disk.layout.committed()})
        for (const bool is_damaged : {false, true}) {
            INFO(path.string() << (is_damaged ? " damaged" : " lost"));
            if (is_damaged) disk.damage(path);
            if (!is_damaged) REQUIRE(disk.files.remove(path));
            CHECK(disk.load() == memory);
            disk.store(disk.load());
            const auto other = path == disk.layout.policy() ? disk.layout.committed() : disk.layout.policy();
            REQUIRE(disk.files.remove(other));
            CHECK(disk.load() == memory);
            disk.store(memory);
        }
}

TEST_CASE("of two files that differ the higher epoch counts, whichever it is") {
    Disk disk;
    disk.commit(3, "");
    PolicyMemory low;
    low.epoch = 1;
    const auto text = to_json(low);
    const auto bytes = std::as_bytes(std::span{text});
    disk.files.put(disk.layout.policy(), {bytes.begin(), bytes.end()});
    CHECK(disk.load().epoch == 3);
    disk.commit(4, "");
    disk.files.put(disk.layout.committed(), {bytes.begin(), bytes.end()});
    CHECK(disk.load().epoch == 4);
}

TEST_CASE("where nothing signed was committed there is no second file") {
    Disk disk;
    disk.store(record_attempt({}, Plan{"u-1", "agent", "0.9.0", "1.0.0", {}}, {}, WallTime{}));
    CHECK(disk.load().attempts.size() == 1);
    CHECK_FALSE(disk.files.info(disk.layout.committed()));
}
