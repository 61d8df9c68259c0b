#include "supervise/lively_hashing.hpp"

namespace update {

class LivelyHashing::Stream : public Sha256Stream {
 public:
    Stream(LivelyHashing& owner, std::unique_ptr<Sha256Stream> inner)
        : owner_{owner}, inner_{std::move(inner)} {}

    void update(std::span<const std::byte> bytes) override {
        inner_->update(bytes);
        if (!bytes.empty()) owner_.bytes_went_through();
    }
    Sha256 finish() override { return inner_->finish(); }
    std::span<std::byte> block() override { return inner_->block(); }
    void take(std::size_t count) override {
        inner_->take(count);
        if (count > 0) owner_.bytes_went_through();
    }

 private:
    LivelyHashing& owner_;
    std::unique_ptr<Sha256Stream> inner_;
};

std::unique_ptr<Sha256Stream> LivelyHashing::sha256() {
    return std::make_unique<Stream>(*this, inner_.sha256());
}

void LivelyHashing::bytes_went_through() {
    const Instant now = clock_.now();
    if (looking_ || now - last_look_ < period_) return;
    looking_ = true;
    look_();
    looking_ = false;
    last_look_ = clock_.now();
}

}  // namespace update
