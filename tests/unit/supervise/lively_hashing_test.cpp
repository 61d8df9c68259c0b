#include "supervise/lively_hashing.hpp"

#include <doctest/doctest.h>

#include "support/manual_time.hpp"

using namespace update;
using namespace update::test;
using namespace std::chrono_literals;

namespace {

/// Digests nothing, and needs a millisecond for each block.
class SlowHashing : public Hashing {
 public:
    explicit SlowHashing(ManualClock& clock) : clock_{clock} {}
    unsigned finished = 0;
    std::size_t bytes = 0;

    std::unique_ptr<Sha256Stream> sha256() override { return std::make_unique<Stream>(*this); }

 private:
    class Stream : public Sha256Stream {
     public:
        explicit Stream(SlowHashing& owner) : owner_{owner} {}
        void update(std::span<const std::byte> part) override {
            owner_.bytes += part.size();
            owner_.clock_.time += 1ms;
        }
        Sha256 finish() override {
            ++owner_.finished;
            return {};
        }

     private:
        SlowHashing& owner_;
    };
    ManualClock& clock_;
};

void hash_blocks(Hashing& hashing, int count) {
    const auto stream = hashing.sha256();
    for (int n = 0; n < count; ++n) stream->take(stream->block().size());
    (void)stream->finish();
}

}  // namespace

TEST_CASE("whoever hashes looks around once every period, and every byte is digested") {
    ManualClock clock;
    SlowHashing slow{clock};
    std::vector<Instant> looks;
    LivelyHashing lively{slow, clock, [&] { looks.push_back(clock.time); }, 50ms};
    const auto block = slow.sha256()->block().size();
    hash_blocks(lively, 1'000);
    CHECK(slow.bytes == 1'000 * block);
    CHECK(slow.finished == 1);
    CHECK(looks.size() == 20);
    for (std::size_t n = 1; n < looks.size(); ++n) CHECK(looks[n] - looks[n - 1] == 50ms);
}

TEST_CASE("files one after the other are one piece of work") {
    ManualClock clock;
    SlowHashing slow{clock};
    unsigned looks = 0;
    LivelyHashing lively{slow, clock, [&] { ++looks; }, 50ms};
    for (int file = 0; file < 100; ++file) hash_blocks(lively, 1);
    CHECK(looks == 2);
}

TEST_CASE("without a byte there is no sign of life, however long it takes") {
    ManualClock clock;
    SlowHashing slow{clock};
    unsigned looks = 0;
    LivelyHashing lively{slow, clock, [&] { ++looks; }, 50ms};
    const auto stream = lively.sha256();
    for (int n = 0; n < 10; ++n) {
        clock.time += 1h;
        (void)stream->block();
        stream->take(0);
        stream->update({});
    }
    CHECK(looks == 0);
}

TEST_CASE("what is hashed while it looks around does not look around again") {
    ManualClock clock;
    SlowHashing slow{clock};
    LivelyHashing* again = nullptr;
    unsigned looks = 0;
    LivelyHashing lively{slow, clock,
                         [&] {
                             ++looks;
                             hash_blocks(*again, 200);
                         },
                         50ms};
    again = &lively;
    hash_blocks(lively, 60);
    CHECK(looks == 2);
}
