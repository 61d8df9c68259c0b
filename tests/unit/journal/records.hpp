// Records for the journal's tests: a plausible one, and any one that the product could make.
#pragma once
#include <random>
#include <string>

#include "journal/record.hpp"

namespace update::test {

inline Record plausible_record(const std::string& update_id = "u-1") {
    Record r;
    r.update_id = update_id;
    r.from_version = "1.0";
    r.to_version = "1.1";
    r.progress = {State::awaiting_ready, 1, 2, 3, 4, 5};
    r.route = Route::watchdog;
    r.reason = Reason::crashed;
    r.message = "agent ended with code 3";
    r.evidence.exit_code = 3;
    r.requested = {"5ab5d5b0-5b6d-4d0e-9d2c-3c1b1f2e7a10", 1'000'001};
    r.entered = {"5ab5d5b0-5b6d-4d0e-9d2c-3c1b1f2e7a10", 2'000'002};
    r.old_last_seen = {"5ab5d5b0-5b6d-4d0e-9d2c-3c1b1f2e7a10", 1'500'000};
    r.downtime_us = 123'456;
    r.bytes = 67'108'864;
    r.connected_before = true;
    r.outage_extensions = 7;
    r.ended_at_unix_ms = 1'795'576'619'020;
    return r;
}

/// Every field at or near a limit that the plan's rules and the types allow; the message is any bytes at all.
class AnyRecord {
 public:
    explicit AnyRecord(unsigned seed) : random_{seed} {}

    Record next() {
        Record r;
        r.update_id = text(1, 64, "abcXYZ019._-");
        r.from_version = text(1, 64, "019.-+~!#$%&'()*;<=>?@[]^_`{|}abcXYZ");
        r.to_version = text(1, 64, "019.-+~!#$%&'()*;<=>?@[]^_`{|}abcXYZ");
        r.progress = {static_cast<State>(below(state_count)), byte(), byte(), byte(), byte(), byte()};
        r.route = static_cast<Route>(below(4));
        r.reason = static_cast<Reason>(below(8));
        r.message = message();
        if (coin()) r.evidence.need_bytes = number();
        if (coin()) r.evidence.have_bytes = number();
        if (coin()) r.evidence.locking_pid = static_cast<std::int64_t>(number());
        if (coin()) r.evidence.exit_code = static_cast<int>(number());
        if (coin()) r.evidence.signal = static_cast<int>(number());
        r.requested = moment();
        r.entered = moment();
        r.old_last_seen = moment();
        if (coin()) r.downtime_us = static_cast<std::int64_t>(number());
        r.bytes = number();
        r.connected_before = coin();
        r.reached_server = coin();
        r.acknowledged = coin();
        r.accepted = coin();
        r.start_counted = coin();
        r.filed = coin();
        r.outage_extensions = number();
        r.ended_at_unix_ms = static_cast<std::int64_t>(number());
        return r;
    }

 private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    bool coin() { return below(2) == 0; }
    std::uint8_t byte() { return coin() ? std::uint8_t{255} : static_cast<std::uint8_t>(below(256)); }
    std::uint64_t number() { return coin() ? ~std::uint64_t{0} : random_(); }
    Moment moment() { return {text(0, 36, "0123456789abcdef-"), static_cast<std::int64_t>(number())}; }
    std::string text(std::size_t least, std::size_t most, const std::string& letters) {
        std::string s(coin() ? most : least + below(most - least + 1), ' ');
        for (char& c : s) c = letters[below(letters.size())];
        return s;
    }
    /// Plain, control characters, broken UTF-8, quotes: what grows when it is escaped.
    std::string message() {
        std::string s(coin() ? 20'000 : below(1'500), 'x');
        const auto kind = below(4);
        for (char& c : s)
            c = kind == 0   ? static_cast<char>(below(256))
                : kind == 1 ? static_cast<char>(below(32))
                : kind == 2 ? "\"\\"[below(2)]
                            : static_cast<char>('a' + below(26));
        return s;
    }

    std::mt19937_64 random_;
};

}  // namespace update::test
