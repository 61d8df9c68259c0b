#pragma once
#include <array>
#include <mutex>
#include <optional>
#include <string>

#include "journal/record.hpp"
#include "layout/layout.hpp"
#include "ports/files.hpp"

namespace update {

/// The durable record. Two slots hold the newest and the previous generation; `store` overwrites the older
/// one in place and flushes it, so a torn or lost write costs at most the newest generation (docs/adr/0002).
/// Each slot is
///   "UPDJ1 <generation> <length> <crc32 hex>\n" <length bytes of JSON>     padded with spaces to slot_bytes
/// Use only while holding the journal lock, except `load`, which any reader may call, on any thread.
class Journal {
 public:
    static constexpr std::size_t slot_bytes = 4096;

    Journal(Files&, const Layout&);

    struct Loaded {
        std::optional<Record> record;  ///< the newest readable generation; none: nothing was ever in progress
        std::string damage;            ///< what was unreadable, for the log; empty when all is well
    };
    /// Never fails: unreadable means the previous generation, or nothing in progress.
    Loaded load() const;

    /// Durable when it returns success; then `record.generation` is the new one. On error the former state is
    /// kept.
    Status store(Record& record);

 private:
    struct Slot {
        std::optional<Record> record;
        std::string damage;
    };
    const Slot& read_slot(unsigned n) const;
    Slot decode(unsigned n, std::string_view text) const;
    std::optional<std::uint64_t> generation_in(unsigned n) const;
    static unsigned slot_to_overwrite(std::uint64_t last, std::optional<std::uint64_t> a,
                                      std::optional<std::uint64_t> b);

    Files& files_;
    const std::array<Path, 2> paths_;
    /// What was decoded last: a waiting process looks several times a second at what seldom changes.
    struct Known {
        std::optional<std::string> text;
        Slot slot;
    };
    mutable std::mutex mutex_;
    mutable std::array<Known, 2> known_;
};

}  // namespace update
