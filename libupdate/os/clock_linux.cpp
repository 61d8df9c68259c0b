#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>

#include "os/built_at.hpp"
#include "os/clock.hpp"
#include "os/fd.hpp"
#include "os/random.hpp"

namespace update {
namespace {

constexpr std::size_t boot_id_length = 36;  // a UUID in text

std::string read_boot_id() {
    const Fd file{::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)};
    std::string id(boot_id_length, '\0');
    if (file && ::read(file.get(), id.data(), id.size()) == static_cast<::ssize_t>(boot_id_length)) return id;
    const auto random = make_random();
    constexpr auto half = std::uint64_t{1} << 63;
    return fmt::format("unknown-{:016x}{:016x}", random->below(half), random->below(half));
}

class LinuxClock final : public Clock {
 public:
    /// CLOCK_MONOTONIC stands still in suspend, CLOCK_BOOTTIME would not. It exists on every Linux: no error.
    Instant now() const override {
        ::timespec time{};
        if (::clock_gettime(CLOCK_MONOTONIC, &time) != 0) std::abort();
        return Instant{std::chrono::duration_cast<AwakeClock::duration>(
            std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec})};
    }
    WallTime wall() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
    WallTime built_at() const override { return update::built_at(); }
    std::string boot_id() const override { return boot_id_; }
    std::chrono::minutes utc_offset() const override {
        const ::time_t now = ::time(nullptr);
        ::tm local{};
        if (::localtime_r(&now, &local) == nullptr) return std::chrono::minutes{0};
        return std::chrono::minutes{local.tm_gmtoff / 60};
    }

 private:
    std::string boot_id_ = read_boot_id();
};

}  // namespace

std::unique_ptr<Clock> make_clock() { return std::make_unique<LinuxClock>(); }

}  // namespace update
