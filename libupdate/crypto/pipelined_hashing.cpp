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

// Waking a thread costs the one that wakes it some 25 us on a virtual machine, a third of what digesting a
// block costs. So each side is woken for two blocks at a time.
constexpr std::size_t block_count = 4, batch = 2;

class PipelinedSha256 : public Sha256Stream {
 public:
    explicit PipelinedSha256(std::unique_ptr<Sha256Stream> inner) : inner_{std::move(inner)} {
        for (auto& block : blocks_) block.bytes.resize(block_bytes);
        worker_ = std::thread{[this] { digest_blocks(); }};
    }
    ~PipelinedSha256() override { end_worker(); }

    void update(std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            const auto room = block();
            const auto count = std::min(bytes.size(), room.size());
            std::memcpy(room.data(), bytes.data(), count);
            take(count);
            bytes = bytes.subspan(count);
        }
    }

    std::span<std::byte> block() override {
        std::unique_lock lock{mutex_};
        if (filled_ - digested_ == block_count) {
            caller_waits_ = true;
            digested_some_.wait(lock, [this] { return filled_ - digested_ <= block_count - batch; });
            caller_waits_ = false;
        }
        return blocks_[filled_ % block_count].bytes;
    }

    void take(std::size_t count) override {
        blocks_[filled_ % block_count].count = count;
        bool wake = false;
        {
            const std::lock_guard lock{mutex_};
            ++filled_;
            wake = worker_waits_ && filled_ - digested_ >= batch;
        }
        if (wake) filled_some_.notify_one();
    }

    Sha256 finish() override {
        end_worker();
        return inner_->finish();
    }

 private:
    struct Block {
        std::vector<std::byte> bytes;
        std::size_t count = 0;
    };

    void end_worker() {
        if (!worker_.joinable()) return;
        {
            const std::lock_guard lock{mutex_};
            ended_ = true;
        }
        filled_some_.notify_one();
        worker_.join();
    }

    void digest_blocks() {
        std::unique_lock lock{mutex_};
        for (;;) {
            if (filled_ == digested_) {
                worker_waits_ = true;
                filled_some_.wait(lock, [this] { return filled_ - digested_ >= batch || ended_; });
                worker_waits_ = false;
                if (filled_ == digested_) return;
            }
            const Block& block = blocks_[digested_ % block_count];
            lock.unlock();
            inner_->update(std::span{block.bytes}.first(block.count));
            lock.lock();
            ++digested_;
            if (caller_waits_ && filled_ - digested_ <= block_count - batch) digested_some_.notify_one();
        }
    }

    std::unique_ptr<Sha256Stream> inner_;
    std::array<Block, block_count> blocks_;
    std::mutex mutex_;  // below: guarded by it
    std::condition_variable filled_some_, digested_some_;
    std::size_t filled_ = 0, digested_ = 0;  ///< counts of blocks
    bool caller_waits_ = false, worker_waits_ = false, ended_ = false;
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
