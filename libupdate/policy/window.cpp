#include "policy/window.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace update {
namespace {

using std::chrono::minutes;
constexpr minutes day{24 * 60};
constexpr std::array<std::string_view, 7> names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::optional<std::size_t> day_named(std::string_view word) {
    const auto found = std::ranges::find(names, word);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

/// One day, or a span of days that may pass the end of the week.
bool add_days(std::string_view word, std::array<bool, 7>& into) {
    const auto dash = word.find('-');
    const auto first = day_named(word.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : day_named(word.substr(dash + 1));
    if (!first || !last) return false;
    for (std::size_t at = *first;; at = (at + 1) % names.size()) {
        into[at] = true;
        if (at == *last) return true;
    }
}

std::optional<minutes> time_of(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(text[0]) || !digit(text[1]) || !digit(text[3]) ||
        !digit(text[4]))
        return std::nullopt;
    const int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    const minutes time{hour * 60 + minute};
    if (minute > 59 || time > day) return std::nullopt;
    return time;
}

}  // namespace

Result<Window> parse_window(std::string_view text) {
    const auto wrong = [text](const char* what) {
        return Error{ErrorCode::refused, fmt::format("maintenance window \"{}\": {}", text, what)};
    };
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return wrong("must be like \"mon-fri 22:00-04:00\"");
    auto days = text.substr(0, space);
    const auto times = text.substr(space + 1);
    Window window;
    if (days == "daily") {
        window.days.fill(true);
        days = {};
    }
    while (!days.empty()) {
        const auto comma = days.find(',');
        if (!add_days(days.substr(0, comma), window.days))
            return wrong("days are sun mon tue wed thu fri sat");
        days = comma == std::string_view::npos ? std::string_view{} : days.substr(comma + 1);
    }
    const auto dash = times.find('-');
    if (dash == std::string_view::npos) return wrong("times are like 22:00-04:00");
    const auto begins = time_of(times.substr(0, dash)), ends = time_of(times.substr(dash + 1));
    if (!begins || !ends || *begins == *ends || *begins == day) return wrong("times are like 22:00-04:00");
    window.begins = *begins;
    window.lasts = *ends > *begins ? *ends - *begins : *ends + day - *begins;
    return window;
}

bool is_open(const std::vector<Window>& windows, WallTime now, minutes utc_offset, minutes jitter) {
    if (windows.empty()) return true;
    using namespace std::chrono;
    const auto local = now + utc_offset;
    const auto midnight = floor<days>(local);
    const auto minute = duration_cast<minutes>(local - midnight);
    const auto weekday_of = [](auto when) { return weekday{when}.c_encoding(); };
    return std::ranges::any_of(windows, [&](const Window& window) {
        const auto delay = jitter < window.lasts ? jitter : minutes{0};
        const auto begins = window.begins + delay, ends = window.begins + window.lasts;
        const bool today = window.days[weekday_of(midnight)] && minute >= begins && minute < ends;
        const auto since_yesterday = minute + day;
        const bool overnight = window.days[weekday_of(midnight - days{1})] && since_yesterday >= begins &&
                               since_yesterday < ends;
        return today || overnight;
    });
}

}  // namespace update
