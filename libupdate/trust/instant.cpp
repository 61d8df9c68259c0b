#include "trust/instant.hpp"

#include "base/utc_text.hpp"

namespace update::trust {
namespace {

std::optional<int> number(std::string_view digits) {
    int value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

bool has_shape(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00Z";
    if (text.size() != shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] != '0' && text[i] != shape[i]) return false;
    return true;
}

}  // namespace

std::optional<WallTime> parse_date(std::string_view text) {
    using namespace std::chrono;
    if (!has_shape(text)) return std::nullopt;
    const auto y = number(text.substr(0, 4)), mo = number(text.substr(5, 2)), d = number(text.substr(8, 2));
    const auto h = number(text.substr(11, 2)), mi = number(text.substr(14, 2)),
               s = number(text.substr(17, 2));
    if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
    return time_point_cast<milliseconds>(sys_days{date}) + hours{*h} + minutes{*mi} + seconds{*s};
}

std::string date_text(WallTime at) {
    std::string text = utc_text(at.time_since_epoch().count());  // "YYYY-MM-DD HH:MM:SS UTC"
    text.replace(text.find(' '), 1, "T");
    text.replace(text.rfind(' '), std::string::npos, "Z");
    return text;
}

}  // namespace update::trust
