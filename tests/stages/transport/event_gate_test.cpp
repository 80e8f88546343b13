#include "transport/event_gate.hpp"

#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

int passed(EventGate& gate, const std::string& who, int tries, SteadyTime now) {
  int n = 0;
  for (int i = 0; i < tries; ++i) n += gate.passes(who, now) ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("a flood of events is held back and counted, and costs no other sender its own") {
  EventGate gate;
  testkit::FakeClock clock;
  CHECK(passed(gate, "10.0.0.1", 100'000, clock.steady()) == 64);
  CHECK(passed(gate, "10.0.0.2", 10, clock.steady()) == 10);
  auto held = gate.take_held_back(clock.steady());
  REQUIRE(held.size() == 1);
  CHECK(held[0].who == "10.0.0.1");
  CHECK(held[0].count == 100'000 - 64);
  CHECK(gate.take_held_back(clock.steady()).empty());
  clock.advance(2s);
  CHECK(passed(gate, "10.0.0.1", 100, clock.steady()) == 16);
}

TEST_CASE("many senders together are held back, too, and none is remembered for long") {
  EventGate gate;
  testkit::FakeClock clock;
  int n = 0;
  for (int i = 0; i < 5'000; ++i) n += passed(gate, std::to_string(i), 1, clock.steady());
  CHECK(n == 1024);
  std::uint64_t held = 0;
  for (const auto& h : gate.take_held_back(clock.steady())) held += h.count;
  CHECK(held == 5'000 - 1024);
  clock.advance(1min);
  gate.take_held_back(clock.steady());
  CHECK(passed(gate, "somebody", 1, clock.steady()) == 1);
}
