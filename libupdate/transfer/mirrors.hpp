// Which mirror to ask next, and when. Pure.
#pragma once
#include <optional>
#include <vector>

#include <update/settings.hpp>

#include "ports/clock.hpp"
#include "ports/random.hpp"

namespace update {

/// Upper bound of the wait after the `failures`-th failure (1 = first): doubles from backoff_first, at most
/// backoff_max.
milliseconds backoff_bound(const TransferSettings&, unsigned failures);
/// Full jitter: uniform in [0, bound], but at least `retry_after` cut to total_timeout.
milliseconds backoff(const TransferSettings&, unsigned failures,
                     std::optional<std::chrono::seconds> retry_after, Random&);

class Mirrors {
 public:
    struct Choice {
        std::size_t index = 0;
        Instant not_before;
    };

    explicit Mirrors(std::size_t count) : mirrors_(count) {}

    /// The mirror that may be asked soonest; among equals the first from the one after the last that failed.
    /// Nothing when all are dropped.
    std::optional<Choice> choose(Instant now) const;
    /// It had trouble. @return its failures so far, this one included
    unsigned count_failure(std::size_t index);
    /// It brought something: its failures are counted anew.
    void forgive(std::size_t index);
    void wait(std::size_t index, Instant not_before);
    void drop(std::size_t index);
    /// It delivered wrong content; the second time it is dropped. Once may be the fault of our disk or of a
    /// middle box.
    void count_wrong_content(std::size_t index);

 private:
    struct Mirror {
        bool dropped = false;
        unsigned failures = 0;
        unsigned wrong_content = 0;
        Instant not_before{};
    };
    std::vector<Mirror> mirrors_;
    std::size_t next_ = 0;
};

}  // namespace update
