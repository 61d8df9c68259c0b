#include "progress_line.hpp"

#include <utility>

#include "human.hpp"
#include "output.hpp"
#include "render.hpp"

namespace update::ctl {

using namespace std::chrono_literals;
constexpr auto line_period = 1s;

void ProgressLine::state(std::string_view name) {
    end();
    began_.reset();
    shown_.reset();
    if (json_)
        print(progress_json({std::string{name}, 0, 0, {}}));
    else
        print(printable(name) + "\n");
}

void ProgressLine::progress(std::string_view state, std::uint64_t bytes, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!began_) first_bytes_ = bytes;
    began_ = began_.value_or(now);
    const bool whole = bytes == total;
    if (!screen_.is_terminal && shown_ && now - *shown_ < line_period && !whole) return;
    shown_ = now;
    ProgressView view{std::string{state}, bytes, total, {}};
    if (const std::chrono::duration<double> passed = now - *began_; passed > 500ms)
        view.bytes_per_s =
            static_cast<std::uint64_t>(static_cast<double>(bytes - first_bytes_) / passed.count());
    print(json_ ? progress_json(view) : progress_text(view, screen_));
    open_ = screen_.is_terminal && !json_;
}

void ProgressLine::note(std::string_view text) {
    if (json_) return;
    end();
    print("  " + printable(text) + "\n");
}

void ProgressLine::end() {
    if (std::exchange(open_, false)) print("\n");
}

}  // namespace update::ctl
