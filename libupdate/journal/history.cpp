#include "journal/history.hpp"

#include "base/json_line.hpp"

namespace update {
namespace {
constexpr std::uint64_t rotate_at_bytes = 1 << 20;
}

void History::append(WallTime at, const Record& record, std::string_view event, std::string_view note) {
    JsonLine line{JsonLine::Beyond::as_they_are};
    line.number("t", at.time_since_epoch().count());
    line.text("update", record.update_id);
    line.text("state", row(record.progress.state).name);
    line.text("event", event);
    if (!note.empty()) line.text("note", note);
    if (record.route != Route::none) line.text("route", name(record.route));
    const std::string text = line.finish() + "\n";

    auto file = files_.open(layout_.history(), OpenMode::read_write_new);
    if (!file) return;
    const auto info = (*file)->info();
    if (!info) return;
    if (info->size_bytes < rotate_at_bytes) {
        (void)(*file)->write(info->size_bytes, std::as_bytes(std::span{text}));
        return;
    }
    (void)files_.rename(layout_.history(), layout_.state_dir() / "history.1.jsonl");
    auto fresh = files_.open(layout_.history(), OpenMode::read_write_new);
    if (fresh) (void)(*fresh)->write(0, std::as_bytes(std::span{text}));
}

}  // namespace update
