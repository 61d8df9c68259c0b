#include <fmt/format.h>

#include "os/boot.hpp"
#include "os/built_at.hpp"
#include "os/clock.hpp"
#include "os/random.hpp"
#include "os/windows.hpp"
// Not before windows.h.
#include <realtimeapiset.h>

namespace update {
namespace {

std::string boot_id_text() {
    if (auto id = current_boot()) return *id;
    const auto random = make_random();
    constexpr auto half = std::uint64_t{1} << 63;
    return fmt::format("unknown-{:016x}{:016x}", random->below(half), random->below(half));
}

class WindowsClock final : public Clock {
 public:
    /// Stands still in suspend; 100 ns units.
    Instant now() const override {
        ULONGLONG ticks = 0;
        ::QueryUnbiasedInterruptTime(&ticks);
        return Instant{std::chrono::microseconds{static_cast<std::int64_t>(ticks / 10)}};
    }
    WallTime wall() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
    WallTime built_at() const override { return update::built_at(); }
    std::string boot_id() const override { return boot_id_; }
    std::chrono::minutes utc_offset() const override {
        TIME_ZONE_INFORMATION zone{};
        const DWORD kind = ::GetTimeZoneInformation(&zone);
        if (kind == TIME_ZONE_ID_INVALID) return std::chrono::minutes{0};
        const LONG season = kind == TIME_ZONE_ID_DAYLIGHT ? zone.DaylightBias : zone.StandardBias;
        return std::chrono::minutes{-(zone.Bias + season)};  // Windows counts from local time to UTC
    }

 private:
    std::string boot_id_ = boot_id_text();
};

}  // namespace

std::unique_ptr<Clock> make_clock() { return std::make_unique<WindowsClock>(); }

}  // namespace update
