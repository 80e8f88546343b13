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
    for (const auto& [e, sender] : sources.take_events()) texts.push_back(e.name + " " + e.source);
    return texts;
  }
};

using Texts = std::vector<std::string>;

const Sender kPi{"run1", 5, "10.0.0.1", ""};
const Sender kOther{"run2", 6, "10.0.0.2", ""};
const Sender kOld{"", 7, "10.0.0.3", ""};
const Sender kOldOther{"", 8, "10.0.0.4", ""};

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
  SECTION("a silent holder keeps it for a while") {
    hub.pass(19s);
    CHECK(hub.events() == Texts{"source.stale cam"});
    CHECK(hub.frame("cam", second) == Verdict::name_taken);
    CHECK(hub.frame("cam", first) == Verdict::taken);
    // The conflict is told again, since it is a while ago.
    CHECK(hub.events() == Texts{"source.conflict cam", "source.back cam"});
    hub.pass(21s);
    CHECK(hub.frame("cam", second) == Verdict::taken);
    CHECK(hub.frame("cam", first) == Verdict::name_taken);
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

TEST_CASE("a number that leaps, or a clock that was set, fools nobody for long") {
  Hub hub;
  const auto at = [&](std::uint64_t sequence, Duration captured) {
    return hub.sources.arrived({"cam", sequence, UtcTime(captured)}, kPi, hub.clock.steady(),
                               hub.number);
  };
  constexpr auto kHuge = std::uint64_t{1} << 63;
  REQUIRE(at(10, 10s) == Verdict::taken);
  CHECK(at(kHuge, 11s) == Verdict::taken);
  CHECK(at(11, 11s) == Verdict::taken);
  CHECK(at(12, 12s) == Verdict::taken);
  // A camera whose clock was wrong by ninety years, and that was started anew when it was set.
  CHECK(at(13, 24h * 365 * 90) == Verdict::taken);
  CHECK(at(0, 15s) == Verdict::taken);
  CHECK(at(1, 16s) == Verdict::taken);
  CHECK(at(1, 16s) == Verdict::repeated);
}

TEST_CASE("a sender that was started anew on the same machine has its name back soon") {
  Hub hub;
  const Sender before{"", 5, "10.0.0.1", ""}, after{"", 6, "10.0.0.1", ""};
  for (int i = 0; i < 3; ++i) {
    REQUIRE(hub.frame("cam", before) == Verdict::taken);
    hub.pass(100ms);
  }
  CHECK(hub.frame("cam", after) == Verdict::name_taken);
  hub.events();
  hub.pass(2s);
  CHECK(hub.frame("cam", after) == Verdict::taken);
  CHECK(hub.events() == Texts{"source.gone cam", "source.back cam"});
  CHECK(hub.frame("cam", before) == Verdict::name_taken);
}

TEST_CASE("silence is measured by what a sender is wont to do, and by what its link brings") {
  Duration silent = 1h;
  Hub hub({.silent_for = [&](int connection, SteadyTime) {
    CHECK(connection == 5);
    return silent;
  }});
  const Sender seldom{"", 5, "10.0.0.1", ""}, other{"", 6, "10.0.0.1", ""};
  REQUIRE(hub.frame("cam", seldom) == Verdict::taken);
  hub.pass(5s);
  REQUIRE(hub.frame("cam", seldom) == Verdict::taken);
  hub.pass(9s);
  CHECK(hub.frame("cam", other) == Verdict::name_taken);
  hub.pass(2s);
  // A picture of its is on its way.
  silent = 0s;
  CHECK(hub.frame("cam", other) == Verdict::name_taken);
  silent = 11s;
  CHECK(hub.frame("cam", other) == Verdict::taken);
}

TEST_CASE("a goodbye counts for what came by the same link, or from the same device") {
  Hub hub;
  REQUIRE(hub.frame("cam", kPi, 1) == Verdict::taken);
  Sender liar = kPi;
  liar.connection = 9;
  hub.sources.said_goodbye(liar, hub.clock.steady());
  CHECK(hub.events().empty());
  hub.sources.said_goodbye(kPi, hub.clock.steady());
  CHECK(hub.events() == Texts{"source.gone cam"});

  const Sender pi{"run1", 5, "10.0.0.1", "pi"};
  REQUIRE(hub.frame("pi", pi, 1) == Verdict::taken);
  Sender eve = pi;
  eve.device = "eve";
  hub.sources.said_goodbye(eve, hub.clock.steady());
  CHECK(hub.events().empty());
  Sender again = pi;  // by another link
  again.connection = 12;
  hub.sources.said_goodbye(again, hub.clock.steady());
  CHECK(hub.events() == Texts{"source.gone pi"});
}

TEST_CASE("a full hub is shared fairly: who has most makes room for who has less") {
  Hub hub({.most = 8});
  const Sender greedy{"", 5, "10.0.0.1", ""}, modest{"", 6, "10.0.0.2", ""};
  const auto name = [](const char* of, int i) { return of + std::to_string(i); };
  for (int i = 0; i < 8; ++i) {
    REQUIRE(hub.frame(name("g", i), greedy) == Verdict::taken);
    hub.pass(1ms);
  }
  CHECK(hub.frame("g8", greedy) == Verdict::too_many);
  CHECK(hub.events().empty());
  // Its newest goes first, so that a camera that has been there for long stays.
  CHECK(hub.frame("m0", modest) == Verdict::taken);
  CHECK(hub.events() == Texts{"source.gone g7"});
  for (int i = 1; i < 4; ++i) CHECK(hub.frame(name("m", i), modest) == Verdict::taken);
  CHECK(hub.frame("m4", modest) == Verdict::too_many);
  CHECK(hub.frame("g7", greedy) == Verdict::too_many);
  for (int i = 0; i < 4; ++i) {
    CHECK(hub.frame(name("g", i), greedy) == Verdict::taken);
    CHECK(hub.frame(name("m", i), modest) == Verdict::taken);
  }
  CHECK(hub.sources.size() == 8);
}

TEST_CASE("of two senders on one machine too, one doesn't shut out the other") {
  Hub hub({.most = 4});
  const Sender greedy{"", 5, "127.0.0.1", ""}, modest{"", 6, "127.0.0.1", ""};
  for (const char* name : {"a", "b", "c", "d"}) REQUIRE(hub.frame(name, greedy) == Verdict::taken);
  CHECK(hub.frame("e", greedy) == Verdict::too_many);
  CHECK(hub.frame("m", modest) == Verdict::taken);
  CHECK(hub.frame("n", modest) == Verdict::taken);
  CHECK(hub.frame("o", modest) == Verdict::too_many);
}

TEST_CASE("a device with a key always has a place for its own name") {
  Hub hub({.most = 2});
  const auto device = [](const std::string& name, int connection) {
    return Sender{"run" + name, connection, "10.0.0.1", name};
  };
  REQUIRE(hub.frame("eve", device("eve", 5), 1) == Verdict::taken);
  REQUIRE(hub.frame("pi", device("pi", 6), 1) == Verdict::taken);
  CHECK(hub.frame("eve-1", device("eve", 5), 1) == Verdict::too_many);
  CHECK(hub.frame("garage", device("garage", 7), 1) == Verdict::taken);
  CHECK(hub.frame("garage-1", device("garage", 7), 1) == Verdict::too_many);
  CHECK(hub.sources.size() == 3);
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
