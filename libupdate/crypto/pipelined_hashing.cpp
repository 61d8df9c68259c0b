#include "crypto/pipelined_hashing.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace update {
namespace {

// A block stays in the second-level cache between copy and digest. Few of them: with more, the side that
// waits is woken in long turns and the two work one after the other (64 MiB from the page cache on two cores:
// 46 ms with three blocks of 128 KiB, 43 ms with two of 256 KiB, 51 ms with four or eight of any size, 55 ms
// without a second thread; the digest alone takes 39 ms). Memory decides between the first two.
constexpr std::size_t block_bytes = 128 * 1024;
constexpr std::size_t block_count = 3;

class PipelinedSha256 : public Sha256Stream {
 public:
    explicit PipelinedSha256(std::unique_ptr<Sha256Stream> inner) : inner_{std::move(inner)} {
        for (auto& block : blocks_) block.reserve(block_bytes);
        worker_ = std::thread{[this] { digest_blocks(); }};
    }
    ~PipelinedSha256() override { end_worker(); }

    void update(std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            auto& block = wait_for_free_block();
            const auto take = std::min(bytes.size(), block_bytes - block.size());
            block.insert(block.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
            bytes = bytes.subspan(take);
            if (block.size() == block_bytes) publish();
        }
    }

    Sha256 finish() override {
        if (!wait_for_free_block().empty()) publish();
        end_worker();
        return inner_->finish();
    }

 private:
    /// The block being filled: the caller's alone until it is published.
    std::vector<std::byte>& wait_for_free_block() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return filled_ - digested_ < block_count; });
        return blocks_[filled_ % block_count];
    }
    void publish() {
        {
            const std::lock_guard lock{mutex_};
            ++filled_;
        }
        changed_.notify_all();
    }
    void end_worker() {
        if (!worker_.joinable()) return;
        {
            const std::lock_guard lock{mutex_};
            ended_ = true;
        }
        changed_.notify_all();
        worker_.join();
    }

    void digest_blocks() {
        for (;;) {
            {
                std::unique_lock lock{mutex_};
                changed_.wait(lock, [this] { return filled_ != digested_ || ended_; });
                if (filled_ == digested_) return;
            }
            auto& block = blocks_[digested_ % block_count];
            inner_->update(block);
            block.clear();
            {
                const std::lock_guard lock{mutex_};
                ++digested_;
            }
            changed_.notify_all();
        }
    }

    std::unique_ptr<Sha256Stream> inner_;
    std::array<std::vector<std::byte>, block_count> blocks_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t filled_ = 0, digested_ = 0;  ///< counts of blocks; both written under the mutex
    bool ended_ = false;
    std::thread worker_;
};

}  // namespace

std::unique_ptr<Sha256Stream> PipelinedHashing::sha256() {
    try {
        return std::make_unique<PipelinedSha256>(inner_.sha256());
    } catch (const std::system_error&) {
        return inner_.sha256();
    }
}

}  // namespace update
