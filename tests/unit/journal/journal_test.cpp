// Two slots on a disk that damages them: the newest record, the previous one, or none; never a wrong one and
// never a failed load.
#include "journal/journal.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "records.hpp"
#include "support/memory_files.hpp"

using namespace update;
using namespace update::test;

namespace {

struct Disk {
    MemoryFiles files;
    Layout layout{"/state", "/root"};
    Journal journal{files, layout};

    Record store(const std::string& update_id) {
        Record record = plausible_record(update_id);
        REQUIRE(journal.store(record));
        return record;
    }
    std::vector<std::byte>& slot(unsigned n) { return files.nodes.at(layout.journal_slot(n))->bytes; }
    unsigned slot_of(const Record& record) {
        const std::string text{reinterpret_cast<const char*>(slot(0).data()), slot(0).size()};
        return text.find("\"" + record.update_id + "\"") != std::string::npos ? 0 : 1;
    }
};

/// A slot with a correct checksum around any body, as a later version of this program would write it.
std::vector<std::byte> slot_with(std::uint64_t generation, const std::string& body) {
    const std::string head = std::to_string(generation) + " " + std::to_string(body.size());
    const std::string summed = head + "\n" + body;
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef*>(summed.data()), static_cast<uInt>(summed.size()));
    char hex[9];
    std::snprintf(hex, sizeof hex, "%08lx", static_cast<unsigned long>(crc));
    std::string text = "UPDJ1 " + head + " " + hex + "\n" + body;
    text.resize(Journal::slot_bytes, ' ');
    const auto bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("an empty state directory means that nothing is in progress") {
    Disk disk;
    const auto loaded = disk.journal.load();
    CHECK_FALSE(loaded.record);
    CHECK(loaded.damage.empty());
}

TEST_CASE("what was stored last is loaded, each time with the next generation") {
    Disk disk;
    for (std::uint64_t generation = 1; generation <= 9; ++generation) {
        const Record stored = disk.store("u-" + std::to_string(generation));
        CHECK(stored.generation == generation);
        const auto loaded = disk.journal.load();
        REQUIRE(loaded.record);
        CHECK(*loaded.record == stored);
        CHECK(loaded.damage.empty());
    }
}

TEST_CASE("a store leaves the previous generation untouched and flushes what it wrote") {
    Disk disk;
    disk.store("first");
    const Record second = disk.store("second");
    const auto kept = disk.slot(disk.slot_of(second));
    const unsigned target = 1 - disk.slot_of(second);
    const unsigned flushes = disk.files.nodes.at(disk.layout.journal_slot(target))->flushes;
    disk.store("third");
    CHECK(disk.slot(1 - target) == kept);
    CHECK(disk.files.nodes.at(disk.layout.journal_slot(target))->flushes == flushes + 1);
}

TEST_CASE("a new slot's name is flushed, too") {
    Disk disk;
    disk.store("first");
    disk.store("second");
    CHECK(disk.files.directory_flushes["/state"] == 2);
}

TEST_CASE("every slot is exactly 4 KiB whatever the record holds") {
    Disk disk;
    const unsigned seed = std::random_device{}();
    MESSAGE("seed ", seed);
    AnyRecord any{seed};
    for (int n = 0; n < 500; ++n) {
        Record record = any.next();
        REQUIRE(disk.journal.store(record));
        const auto loaded = disk.journal.load();
        REQUIRE_MESSAGE(loaded.record, "seed " << seed << ", record " << n << ": " << loaded.damage);
        REQUIRE(loaded.record->generation == record.generation);
    }
    CHECK(disk.slot(0).size() == Journal::slot_bytes);
    CHECK(disk.slot(1).size() == Journal::slot_bytes);
}

TEST_CASE("each bit of either slot flipped yields the previous generation or the very same record") {
    Disk disk;
    const Record previous = disk.store("previous"), newest = disk.store("newest");
    unsigned fell_back = 0, harmless = 0;
    for (const unsigned n : {0u, 1u}) {
        for (std::size_t at = 0; at < Journal::slot_bytes; ++at) {
            for (unsigned bit = 0; bit < 8; ++bit) {
                const auto mask = static_cast<std::byte>(1u << bit);
                disk.slot(n)[at] ^= mask;
                const auto loaded = disk.journal.load();
                disk.slot(n)[at] ^= mask;
                REQUIRE_MESSAGE(loaded.record, "slot " << n << " byte " << at << " bit " << bit);
                const bool hit_newest = n == disk.slot_of(newest);
                if (*loaded.record == newest)
                    ++harmless;
                else
                    REQUIRE_MESSAGE((hit_newest && *loaded.record == previous),
                                    "slot " << n << " byte " << at << " bit " << bit);
                if (*loaded.record == previous) ++fell_back;
                REQUIRE_MESSAGE((*loaded.record == newest || !loaded.damage.empty()), "damage is named");
            }
        }
    }
    MESSAGE((2 * 8 * Journal::slot_bytes), " flips: ", fell_back, " gave the previous record, ", harmless,
            " the newest (the other slot was hit, or the case of a checksum digit)");
    CHECK(fell_back > 8 * Journal::slot_bytes - 16);
}

TEST_CASE("every truncation of either slot yields the previous generation or the newest") {
    Disk disk;
    const Record previous = disk.store("previous"), newest = disk.store("newest");
    for (const unsigned n : {0u, 1u}) {
        const auto whole = disk.slot(n);
        for (std::size_t length = 0; length < Journal::slot_bytes; ++length) {
            disk.slot(n).assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            const auto loaded = disk.journal.load();
            REQUIRE_MESSAGE(loaded.record, "slot " << n << " cut to " << length);
            const Record& expected = n == disk.slot_of(newest) ? previous : newest;
            REQUIRE_MESSAGE(*loaded.record == expected, "slot " << n << " cut to " << length);
            REQUIRE_FALSE(loaded.damage.empty());
        }
        disk.slot(n) = whole;
    }
}

TEST_CASE("a write torn at every byte of the older slot yields the previous record or the new one") {
    Disk before;
    before.store("first");
    const Record second = before.store("second");
    const unsigned target = 1 - before.slot_of(second);
    const auto old_bytes = before.slot(target);
    Disk after;
    after.store("first");
    after.store("second");
    const Record third = after.store("third");
    const auto new_bytes = after.slot(target);
    for (std::size_t torn = 0; torn <= Journal::slot_bytes; ++torn) {
        auto& slot = before.slot(target);
        slot = old_bytes;
        std::copy_n(new_bytes.begin(), torn, slot.begin());
        const auto loaded = before.journal.load();
        REQUIRE(loaded.record);
        REQUIRE_MESSAGE((*loaded.record == second || *loaded.record == third), "torn after " << torn);
    }
}

TEST_CASE("with both slots damaged nothing is in progress, and the next store works") {
    Disk disk;
    disk.store("first");
    disk.store("second");
    for (const unsigned n : {0u, 1u}) disk.slot(n)[10] ^= std::byte{1};
    const auto loaded = disk.journal.load();
    CHECK_FALSE(loaded.record);
    CHECK_FALSE(loaded.damage.empty());
    const Record third = disk.store("third");
    CHECK(disk.journal.load().record == third);
}

TEST_CASE("a damaged newest slot is overwritten by the next store, the previous one is not") {
    Disk disk;
    disk.store("previous");
    const Record newest = disk.store("newest");
    disk.slot(disk.slot_of(newest))[100] ^= std::byte{1};
    const Record next = disk.store("next");
    CHECK(disk.journal.load().record == next);
    disk.slot(disk.slot_of(next))[100] ^= std::byte{1};
    const auto loaded = disk.journal.load();
    REQUIRE(loaded.record);
    CHECK(loaded.record->update_id == "previous");
}

TEST_CASE("a slot of a newer schema yields the previous generation and is not an error") {
    Disk disk;
    const Record previous = disk.store("previous");
    const Record newest = disk.store("newest");
    auto body = nlohmann::json::parse(to_json(newest));
    body["schema"] = Record::schema + 1;
    body["something_new"] = 1;
    disk.slot(disk.slot_of(newest)) = slot_with(9, body.dump());
    const auto loaded = disk.journal.load();
    REQUIRE(loaded.record);
    CHECK(*loaded.record == previous);
    CHECK(loaded.damage.find("schema") != std::string::npos);
}

TEST_CASE("a slot that cannot be read at all counts as damaged") {
    Disk disk;
    disk.store("first");
    disk.store("second");
    const Path newest = disk.layout.journal_slot(1);
    disk.files.nodes.erase(newest);
    disk.files.put(newest, {}, FileInfo::Kind::link);
    const auto loaded = disk.journal.load();
    REQUIRE(loaded.record);
    CHECK(loaded.record->update_id == "first");
    CHECK_FALSE(loaded.damage.empty());
}

TEST_CASE("a newest slot that cannot be read just now is not written over") {
    Disk disk;
    disk.store("previous");
    Record newest = disk.store("newest");
    const Path slot = disk.layout.journal_slot(disk.slot_of(newest));
    disk.files.unreadable[slot] = ErrorCode::retry_later;
    Record next = newest;
    next.update_id = "next";
    REQUIRE(disk.journal.store(next));
    CHECK(next.generation == newest.generation + 1);
    disk.files.unreadable.clear();
    disk.slot(disk.slot_of(next))[100] ^= std::byte{1};
    CHECK(disk.journal.load().record == newest);
}

TEST_CASE("after a flush that failed the slot that was not flushed is written again, not the one before") {
    Disk disk;
    disk.store("previous");
    Record newest = disk.store("newest");
    Record next = newest;
    next.update_id = "next";
    disk.files.loses_writes = true;
    REQUIRE_FALSE(disk.journal.store(next));
    disk.files.loses_writes = false;
    REQUIRE(disk.journal.store(next));
    disk.slot(disk.slot_of(next))[100] ^= std::byte{1};
    CHECK(disk.journal.load().record == newest);
}

TEST_CASE("a store on a full disk fails, and the former state is still loaded") {
    Disk disk;
    disk.store("first");
    const Record second = disk.store("second");
    disk.files.room_bytes = 0;
    Record third = plausible_record("third");
    const auto stored = disk.journal.store(third);
    REQUIRE_FALSE(stored);
    CHECK(stored.error().code() == ErrorCode::no_space);
    CHECK(disk.journal.load().record == second);
}
