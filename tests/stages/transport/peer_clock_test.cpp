#include "transport/peer_clock.hpp"

#include <random>
#include <sluice/testkit.hpp>

#include "catch.hpp"
#include "transport/backoff.hpp"
#include "transport/window.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

// A node and a hub whose clocks are apart, and a network between them.
struct Network {
  testkit::FakeClock node;
  Duration hub_ahead;
  RoundTrips trips;

  void exchange(Duration there, Duration at_hub, Duration back) {
    const auto sent = node.steady();
    node.advance(there);
    const auto received = node.utc() + hub_ahead;
    node.advance(at_hub);
    const auto answered = node.utc() + hub_ahead;
    node.advance(back);
    trips.add(sent, received, answered, node.steady());
  }
  Duration error(Duration node_set_by = {}) {
    const Duration truth = hub_ahead - node_set_by;
    return std::chrono::abs(trips.offset(node.utc() + node_set_by, node.steady()) - truth);
  }
};

}  // namespace

TEST_CASE("the offset is right to within half the smallest round trip, whatever else passes by") {
  const auto ahead = GENERATE(Duration(1h), Duration(-1h), Duration(30ms));
  Network n{{}, ahead, {}};
  std::mt19937 random(3);
  const auto some = [&](int most) { return std::chrono::microseconds(random() % most); };
  for (int i = 0; i < 100; ++i) {
    n.exchange(some(50'000), some(20'000), some(50'000));
    if (i % 10 == 0) n.exchange(300us, 5ms, 500us);
    REQUIRE(n.error() <= n.trips.round_trip() / 2);
  }
  CHECK(n.trips.round_trip() <= 800us);
}

TEST_CASE("clocks that agree to within half a round trip need no correction") {
  Network n{{}, 100us, {}};
  n.exchange(300us, 1ms, 300us);
  CHECK(n.trips.offset(n.node.utc(), n.node.steady()) == 0ns);
}

TEST_CASE("setting this machine's clock spoils no sample") {
  Network n{{}, 10min, {}};
  n.exchange(1ms, 1ms, 1ms);
  CHECK(n.error(1h) <= 1ms);
  CHECK(n.error(-1h) <= 1ms);
}

TEST_CASE("setting the hub's clock throws away what was known") {
  Network n{{}, 0s, {}};
  for (int i = 0; i < 20; ++i) n.exchange(100us, 0s, 100us);
  n.hub_ahead = 1h;
  n.exchange(2ms, 0s, 2ms);
  CHECK(n.error() <= 2ms);
}

TEST_CASE("replies that contradict themselves are left out") {
  RoundTrips trips;
  const SteadyTime t{1s};
  const UtcTime u{100s};
  trips.add(t, u, u - 1s, t + 1s);  // answered before it came
  trips.add(t, u, u + 1h, t + 1s);  // was there for longer than it was under way
  trips.add(t + 1s, u, u, t);
  CHECK_FALSE(trips.known());
}

TEST_CASE("without replies: a believable delay is a delay, else the clocks are apart") {
  testkit::FakeClock clock;
  LeastDelay least;
  // A message that took `delay` comes `after` the one before, from a node whose clock is `behind`.
  const auto correction = [&](Duration behind, Duration delay, Duration after = 100ms) {
    clock.advance(after);
    return least.correction(clock.utc() - behind - delay, clock.utc(), clock.steady());
  };
  SECTION("clocks agree: a queue that builds up is seen in full") {
    CHECK(correction(0s, 2ms) == 0s);
    CHECK(correction(0s, 5s, 5s) == 0s);
    CHECK(correction(0s, 5s) == 0s);
  }
  SECTION("an hour behind, an hour ahead: right to within the least delay and drift") {
    const auto behind = GENERATE(Duration(1h), Duration(-1h));
    CHECK(std::chrono::abs(correction(behind, 2ms) - behind) <= 2ms);
    CHECK(std::chrono::abs(correction(behind, 900ms, 1s) - behind) <= 3ms);
    CHECK(std::chrono::abs(correction(behind, 1ms) - behind) <= 1ms);
    SECTION("and set right") { CHECK(std::chrono::abs(correction(0s, 2ms)) <= 2ms); }
  }
  SECTION("set back by less than a minute, as a Pi without a clock of its own is") {
    CHECK(correction(0s, 2ms) == 0s);
    CHECK(std::chrono::abs(correction(30s, 2ms) - 30s) <= 2ms);
  }
}

TEST_CASE("the wait before connecting anew doubles to 4.5 s, less a part by chance") {
  Backoff backoff(1);
  Duration longest = Backoff::kFirst;
  for (int i = 0; i < 12; ++i) {
    const auto wait = backoff.next();
    CHECK(wait <= longest);
    CHECK(wait >= longest / 2);
    longest = std::min<Duration>(2 * longest, Backoff::kLongest);
  }
  CHECK(longest == Backoff::kLongest);
  backoff.reset();
  CHECK(backoff.next() <= Backoff::kFirst);
  CHECK(Backoff(1).next() != Backoff(2).next());
}

TEST_CASE("the window closes on a thin link and opens again") {
  Window window(4);
  window.replied(300ms, true);  // a frame alone
  CHECK(window.size() == 4);
  for (const auto took : {600ms, 900ms, 900ms, 900ms}) window.replied(took, false);
  CHECK(window.size() == 1);
  window.replied(310ms, true);
  CHECK(window.size() == 2);
  for (int i = 0; i < 9; ++i) window.replied(320ms, false);
  CHECK(window.size() == 4);
}

TEST_CASE("a link that is merely long keeps its window") {
  Window window(8);
  for (int i = 0; i < 100; ++i) window.replied(600ms + i % 7 * 10ms, i == 0);
  CHECK(window.size() == 8);
}

TEST_CASE("a link that becomes longer has its window back once a frame was alone on it") {
  Window window(4);
  for (int i = 0; i < 10; ++i) window.replied(10ms, i == 0);
  for (int i = 0; i < 10; ++i) window.replied(300ms, false);
  CHECK(window.size() == 1);
  for (int i = 0; i < 5; ++i) window.replied(300ms, i == 0);
  CHECK(window.size() == 4);
}
