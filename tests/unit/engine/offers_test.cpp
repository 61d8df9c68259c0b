// What an offer means is decided as it arrives: it may cross with the outcome of the same update.
#include "engine/offers.hpp"

#include <doctest/doctest.h>

using namespace update;

namespace {

Selection update_called(const std::string& id) { return {id, "agent", "stable", "2.0.0"}; }

}  // namespace

TEST_CASE("offers are worked on in turn, each once") {
    Offers offers;
    offers.take(update_called("u-1"), false);
    offers.take(update_called("u-2"), false);
    offers.take(update_called("u-1"), false);
    CHECK(offers.next()->selection.update_id == "u-1");
    CHECK(offers.next()->selection.update_id == "u-2");
    CHECK(offers.empty());
    CHECK_FALSE(offers.next());
}

TEST_CASE("an offer that is repeated while it is worked on is not worked on again") {
    Offers offers;
    offers.take(update_called("u-1"), false);
    (void)offers.next();
    offers.take(update_called("u-1"), false);
    CHECK(offers.empty());
    offers.over();
    offers.take(update_called("u-1"), false);  // the server has lost its outcome
    CHECK_FALSE(offers.empty());
}

TEST_CASE("an offer of an update that has ended stays one, though its outcome is confirmed meanwhile") {
    Offers offers;
    offers.take(update_called("u-1"), true);
    offers.take(update_called("u-1"), false);
    CHECK(offers.next()->has_ended);
    CHECK(offers.empty());
}

TEST_CASE("a server that offers without end fills no memory") {
    Offers offers;
    for (int n = 0; n < 100; ++n) offers.take(update_called("u-" + std::to_string(n)), false);
    int taken = 0;
    while (offers.next()) ++taken;
    CHECK(taken == 8);
}
