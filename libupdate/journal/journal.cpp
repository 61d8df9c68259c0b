#include "journal/journal.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <fmt/format.h>
#include <string_view>
#include <zlib.h>

#include "durable/durable.hpp"

namespace update {
namespace {

constexpr std::string_view magic = "UPDJ1 ";

std::uint32_t checksum(std::uint64_t generation, std::string_view body) {
    const std::string head = fmt::format("{} {}\n", generation, body.size());
    auto crc = crc32(0, reinterpret_cast<const Bytef*>(head.data()), static_cast<uInt>(head.size()));
    crc = crc32(crc, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    return static_cast<std::uint32_t>(crc);
}

std::string encode_slot(std::uint64_t generation, std::string_view body) {
    std::string slot =
        fmt::format("{}{} {} {:08x}\n{}", magic, generation, body.size(), checksum(generation, body), body);
    assert(slot.size() <= Journal::slot_bytes && "to_json(Record) keeps its promise");
    slot.resize(Journal::slot_bytes, ' ');
    return slot;
}

/// Takes a number and its terminator off the front.
template <class Number>
bool take(std::string_view& text, Number& value, char terminator, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end == text.data() + text.size() || *end != terminator) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return true;
}

/// Each character equals the next one, and the first is a space.
bool is_padding(std::string_view text) {
    return text.empty() || (text.front() == ' ' && text.substr(1) == text.substr(0, text.size() - 1));
}

struct Body {
    std::uint64_t generation;
    std::string_view json;
};

Result<Body> decode_slot(std::string_view slot) {
    const Error damaged{ErrorCode::corrupt, "header or checksum is wrong"};
    std::uint64_t generation = 0;
    std::size_t length = 0;
    std::uint32_t crc = 0;
    if (slot.size() != Journal::slot_bytes || !slot.starts_with(magic)) return damaged;
    slot.remove_prefix(magic.size());
    if (!take(slot, generation, ' ') || !take(slot, length, ' ') || !take(slot, crc, '\n', 16))
        return damaged;
    if (length > slot.size()) return damaged;
    const std::string_view body = slot.substr(0, length);
    if (!is_padding(slot.substr(length)) || checksum(generation, body) != crc) return damaged;
    return Body{generation, body};
}

}  // namespace

Journal::Journal(Files& files, const Layout& layout)
    : files_{files}, paths_{layout.journal_slot(0), layout.journal_slot(1)} {}

/// Holding `mutex_`.
const Journal::Slot& Journal::read_slot(unsigned n) const {
    Known& known = known_[n];
    auto text = read_text(files_, paths_[n], slot_bytes);
    if (!text) {
        known.text.reset();
        known.slot = {};
        if (text.error().code() != ErrorCode::not_found) known.slot.damage = text.error().message();
    } else if (known.text != *text) {
        known.slot = decode(n, *text);
        known.text = std::move(*text);
    }
    return known.slot;
}

Journal::Slot Journal::decode(unsigned n, std::string_view text) const {
    const auto damaged = [&](const Error& error) {
        return Slot{std::nullopt, fmt::format("{}: {}", paths_[n].string(), error.message())};
    };
    const auto body = decode_slot(text);
    if (!body) return damaged(body.error());
    auto record = parse_record(std::string{body->json});
    if (!record) return damaged(record.error());
    record->generation = body->generation;
    return {std::move(*record), {}};
}

/// 0: nothing whole lies there. Nothing: the disk is in trouble, and what lies there may be the newest.
std::optional<std::uint64_t> Journal::generation_in(unsigned n) const {
    const auto text = read_text(files_, paths_[n], slot_bytes);
    const auto body = text ? decode_slot(*text) : Result<Body>{text.error()};
    if (body) return body->generation;
    const ErrorCode code = body.error().code();
    const bool nothing_whole =
        code == ErrorCode::not_found || code == ErrorCode::corrupt || code == ErrorCode::refused;
    return nothing_whole ? std::optional<std::uint64_t>{0} : std::nullopt;
}

Journal::Loaded Journal::load() const {
    const std::lock_guard lock{mutex_};
    const Slot &a = read_slot(0), &b = read_slot(1);
    const bool b_is_newer = b.record && (!a.record || b.record->generation > a.record->generation);
    return {b_is_newer ? b.record : a.record,
            a.damage + (a.damage.empty() || b.damage.empty() ? "" : "; ") + b.damage};
}

/// The other one is what a crash falls back to: the one with generation `last`, of which the record is, also
/// if it cannot be read just now, and if a newer one came after it that was not flushed; else the newest.
unsigned Journal::slot_to_overwrite(std::uint64_t last, std::optional<std::uint64_t> a,
                                    std::optional<std::uint64_t> b) {
    if (last != 0 && a.value_or(last) == last && b != last) return 1;
    if (last != 0 && b.value_or(last) == last && a != last) return 0;
    return a.value_or(0) <= b.value_or(0) ? 0 : 1;
}

Status Journal::store(Record& record) {
    const auto a = generation_in(0), b = generation_in(1);
    const std::uint64_t generation = std::max({a.value_or(0), b.value_or(0), record.generation}) + 1;

    const Path& path = paths_[slot_to_overwrite(record.generation, a, b)];
    const auto context = [&path] { return fmt::format("write journal {}", path.string()); };
    const std::string slot = encode_slot(generation, to_json(record));
    UPDATE_TRY(existed, exists(files_, path), context());
    UPDATE_TRY(file, files_.open(path, OpenMode::read_write_new), context());
    UPDATE_CHECK(file->write(0, std::as_bytes(std::span{slot})), context());
    UPDATE_CHECK(file->truncate(slot_bytes), context());
    UPDATE_CHECK(file->flush(), context());
    if (!existed) UPDATE_CHECK(files_.flush_directory(path.parent_path()), context());
    record.generation = generation;
    return done();
}

}  // namespace update
