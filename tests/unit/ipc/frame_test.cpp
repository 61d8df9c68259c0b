#include "ipc/frame.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <iostream>
#include <random>

using namespace update;
using namespace update::ipc;

namespace {

std::string sample() {
    Request request;
    request.type = Type::update_config;
    request.update_id = "u-42";
    request.agent_version = "1.2.3";
    request.pid = 4711;
    request.connected = true;
    request.config.interval_seconds = 30;
    request.config.services = std::vector<std::string>{"tray"};
    return *frame(encode(request));
}

/// What a server does with bytes: never crashes, ends in requests and errors. Returns the requests
/// understood.
int understood(const std::string& bytes) {
    Deframer deframer;
    const Status fed = deframer.feed(bytes.data(), bytes.size());
    int requests = 0;
    while (auto message = deframer.next()) {
        requests += decode_request(*message).has_value() ? 1 : 0;
        (void)decode_reply(*message).has_value();
    }
    CHECK(deframer.pending_bytes() <= bytes.size());
    return fed ? requests : -1;
}

}  // namespace

TEST_CASE("a stream fed byte by byte gives the same messages as one fed whole") {
    const std::string stream = *frame("first") + *frame("second") + *frame(std::string(frame_max_bytes, 'x'));
    Deframer whole, bytewise;
    CHECK(whole.feed(stream.data(), stream.size()).has_value());
    std::vector<std::string> expected, got;
    while (auto message = whole.next()) expected.push_back(*message);
    for (const char& byte : stream) {
        CHECK(bytewise.feed(&byte, 1).has_value());
        while (auto message = bytewise.next()) got.push_back(*message);
    }
    CHECK(got.size() == 3);
    CHECK(got == expected);
    CHECK(bytewise.pending_bytes() == 0);
}

TEST_CASE("a message that does not fit a frame is refused") {
    CHECK(frame("").error().code() == ErrorCode::refused);
    CHECK(frame(std::string(frame_max_bytes + 1, 'x')).error().code() == ErrorCode::refused);
    CHECK(frame(std::string(frame_max_bytes, 'x')).has_value());
}

TEST_CASE("a forbidden length is noticed with its fourth byte, and for good") {
    for (const std::string& header :
         {std::string("\0\0\0\0", 4), std::string("\0\1\0\1", 4), std::string("\xff\xff\xff\xff")}) {
        Deframer deframer;
        CHECK(deframer.feed(header.data(), 3).has_value());
        CHECK(deframer.feed(header.data() + 3, 1).error().code() == ErrorCode::corrupt);
        const std::string good = *frame("x");
        CHECK_FALSE(deframer.feed(good.data(), good.size()).has_value());
        CHECK_FALSE(deframer.next().has_value());
    }
}

TEST_CASE("messages before a forbidden length can still be taken") {
    Deframer deframer;
    const std::string stream = *frame("good") + std::string("\0\0\0\0", 4);
    CHECK_FALSE(deframer.feed(stream.data(), stream.size()).has_value());
    CHECK(deframer.next() == "good");
    CHECK_FALSE(deframer.next().has_value());
}

TEST_CASE("every truncation of a frame is an incomplete message") {
    const std::string good = sample();
    for (std::size_t length = 0; length < good.size(); ++length)
        CHECK(understood(good.substr(0, length)) == 0);
    CHECK(understood(good) == 1);
}

TEST_CASE("every truncation of a message inside a whole frame is an error value") {
    const std::string json = sample().substr(4);
    for (std::size_t length = 1; length < json.size(); ++length)
        CHECK(understood(*frame(json.substr(0, length))) == 0);
}

TEST_CASE("every flip of a bit and every value of a byte leaves the receiver standing") {
    const std::string good = sample();
    for (std::size_t at = 0; at < good.size(); ++at)
        for (int value = 0; value < 256; ++value) {
            std::string bad = good;
            bad[at] = static_cast<char>(value);
            CHECK(understood(bad) <= 1);
        }
}

TEST_CASE("random bytes leave the receiver standing") {
    const unsigned seed = std::getenv("SEED") != nullptr
                              ? static_cast<unsigned>(std::atoi(std::getenv("SEED")))
                              : std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937 random{seed};
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = round % 2 == 0 ? std::string{} : std::string("\0\0\0", 3);
        const unsigned count = random() % 64;
        for (unsigned i = 0; i < count; ++i) bytes.push_back(static_cast<char>(random()));
        CHECK(understood(bytes) <= 20);
    }
}
