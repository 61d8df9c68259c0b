#include "base/utc_text.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace update {

std::string utc_text(std::int64_t unix_ms) {
    using namespace std::chrono;
    const sys_time<milliseconds> at{milliseconds{std::clamp<std::int64_t>(unix_ms, 0, max_unix_ms)}};
    const auto midnight = floor<days>(at);
    const year_month_day date{midnight};
    const hh_mm_ss time{floor<seconds>(at - midnight)};
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace update
