#include "transport/sources.hpp"

#include <sluice/testkit.hpp>

#include "catch.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using Verdict = Sources::Verdict;

namespace {

struct Hub {
  Sources sources;
  testkit::FakeClock clock;
  std::uint64_t number = 0;

  explicit Hub(Sources::Rules rules = {}) : sources(rules) {}

  Verdict frame(const std::string& source, const Sender& sender,
                std::optional<std::uint64_t> sequence = {}) {
    return sources.arrived({source, sequence, clock.utc()}, sender, clock.steady(), number);
  }
  void pass(Duration time) {
    clock.advance(time);
    sources.check(clock.steady());
  }
  // "source.gone cam", ...
  std::vector<std::string> events() {
    std::vector<std::string> texts;
    for (const auto& e : sources.take_events()) texts.push_back(e.name + " " + e.source);
    return texts;
  }
};

using Texts = std::vector<std::string>;

const Sender kPi{"run1", 5, "10.0.0.1"};
const Sender kOther{"run2", 6, "10.0.0.2"};
const Sender kOld{"", 7, "10.0.0.3"};
const Sender kOldOther{"", 8, "10.0.0.4"};

}  // namespace

TEST_CASE("old senders' frames are numbered by source, Sluice's keep their numbers") {
  Hub hub;
  for (std::uint64_t i = 0; i < 3; ++i) {
    CHECK(hub.frame("old", kOld) == Verdict::taken);
    CHECK(hub.number == i);
    CHECK(hub.frame("new", kPi, 100 + i) == Verdict::taken);
    CHECK(hub.number == 100 + i);
    hub.clock.advance(1ms);
  }
  CHECK(hub.events().empty());
}

TEST_CASE("a name belongs to who used it first, until its link ends") {
  const auto [first, second] = GENERATE(std::pair(kPi, kOther), std::pair(kOld, kOldOther),
                                        std::pair(kPi, kOld), std::pair(kOld, kOther));
  Hub hub;
  REQUIRE(hub.frame("cam", first) == Verdict::taken);
  for (int i = 0; i < 3; ++i) CHECK(hub.frame("cam", second) == Verdict::name_taken);
  CHECK(hub.events() == Texts{"source.conflict cam"});  // once, not for each frame
  CHECK_FALSE(hub.sources.may_speak_for("cam", second));
  SECTION("a silent holder keeps it") {
    hub.pass(1min);
    CHECK(hub.events() == Texts{"source.stale cam"});
    CHECK(hub.frame("cam", second) == Verdict::name_taken);
    CHECK(hub.frame("cam", first) == Verdict::taken);
    // The conflict is told again, since it is a while ago.
    CHECK(hub.events() == Texts{"source.conflict cam", "source.back cam"});
  }
  SECTION("one whose link is lost has lost it") {
    hub.sources.connection_lost(first.connection, hub.clock.steady());
    CHECK(hub.events() == Texts{"source.gone cam"});
    CHECK(hub.frame("cam", second) == Verdict::taken);
    CHECK(hub.events() == Texts{"source.back cam"});
    CHECK(hub.frame("cam", first) == Verdict::name_taken);
  }
}

TEST_CASE("a Sluice sender is the same on a new connection, an old one is not") {
  Hub hub;
  REQUIRE(hub.frame("cam", kPi, 1) == Verdict::taken);
  Sender again = kPi;
  again.connection = 9;
  CHECK(hub.frame("cam", again, 2) == Verdict::taken);
  hub.sources.connection_lost(kPi.connection, hub.clock.steady());  // the old one is found dead
  CHECK(hub.events().empty());
  REQUIRE(hub.frame("old", kOld) == Verdict::taken);
  CHECK(hub.frame("old", kOldOther) == Verdict::name_taken);
}

TEST_CASE("stale, gone and back are told once each, by the timer and not by the next frame") {
  Hub hub;
  hub.frame("cam", kPi, 1);
  hub.pass(2900ms);
  CHECK(hub.events().empty());
  hub.pass(200ms);
  CHECK(hub.events() == Texts{"source.stale cam"});
  hub.pass(1h);
  CHECK(hub.events().empty());
  hub.frame("cam", kPi, 2);
  CHECK(hub.events() == Texts{"source.back cam"});
  hub.sources.said_goodbye(kPi, hub.clock.steady());
  hub.sources.connection_lost(kPi.connection, hub.clock.steady());
  hub.pass(1h);
  CHECK(hub.events() == Texts{"source.gone cam"});
}

TEST_CASE("stale_after = 0s: nobody is stale") {
  Hub hub({.stale_after = 0s});
  hub.frame("cam", kPi, 1);
  hub.pass(24h);
  CHECK(hub.events().empty());
}

TEST_CASE("numbers that come again are repeated, a camera started anew is not") {
  Hub hub;
  const auto at = [&](std::uint64_t sequence, Duration captured) {
    return hub.sources.arrived({"cam", sequence, UtcTime(captured)}, kPi, hub.clock.steady(),
                               hub.number);
  };
  CHECK(at(10, 10s) == Verdict::taken);
  CHECK(at(11, 11s) == Verdict::taken);
  CHECK(at(11, 11s) == Verdict::repeated);
  CHECK(at(10, 10s) == Verdict::repeated);
  CHECK(at(15, 15s) == Verdict::taken);
  CHECK(at(0, 16s) == Verdict::taken);
  CHECK(at(1, 17s) == Verdict::taken);
}

TEST_CASE("past `most` a new source takes the place of the one that is gone for longest") {
  Hub hub({.most = 2});
  CHECK(hub.frame("a", kPi, 1) == Verdict::taken);
  CHECK(hub.frame("b", kOther, 1) == Verdict::taken);
  CHECK(hub.frame("c", kOld) == Verdict::too_many);
  hub.sources.connection_lost(kPi.connection, hub.clock.steady());
  CHECK(hub.frame("c", kOld) == Verdict::taken);
  CHECK(hub.frame("a", kPi, 2) == Verdict::too_many);
  CHECK(hub.frame("b", kOther, 2) == Verdict::taken);
}
