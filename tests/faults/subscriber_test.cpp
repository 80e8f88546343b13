// One publisher, several subscribers, one of which stops reading.

#include <algorithm>

#include "catch.hpp"
#include "probe.hpp"
#include "running.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

struct Subscriber {
  explicit Subscriber(const std::string& address)
      : hub(fmt::format(R"(
name = "hub"
[stage.cameras]
type = "transport.receive"
connect = "tcp://{}"
pattern = "publish"
[stage.forward]
type = "transport.send"
from = "cameras"
connect = "tcp://{}"
[stage.events]
type = "log.events"
)",
                        address, probe.address())) {}

  // Of the ages of frames that came in this time, in ms.
  double p99(double from, double until) const {
    std::vector<double> ages;
    for (const auto& seen : probe.seen("porch"))
      if (seen.arrived_s > from && seen.arrived_s <= until) ages.push_back(1000 * seen.age_s);
    REQUIRE(ages.size() > 20);
    std::sort(ages.begin(), ages.end());
    return ages[ages.size() * 99 / 100];
  }

  Probe probe;
  Running hub;
};

}  // namespace

TEST_CASE("one subscriber of three stops reading: the others and the node's memory are as before") {
  const auto address = free_address();
  // Pictures of 300 kB: in ten seconds 60 MB would pile up for who doesn't read.
  Running node(fmt::format(R"(
[stage.camera]
type = "capture.synthetic"
source = "porch"
format = "gray8"
width = 640
height = 480
rate = 20
[stage.uplink]
type = "transport.send"
from = "camera"
bind = "tcp://{}"
pattern = "publish"
[stage.events]
type = "log.events"
)",
                           address));
  Subscriber one(address), two(address), stops(address);
  for (auto* subscriber : {&one, &two, &stops}) REQUIRE(subscriber->probe.flows("porch", 20));
  constexpr double kSpan = 6;
  const auto pass = [&](double until) {
    for (auto* subscriber : {&one, &two})
      REQUIRE(subscriber->probe.wait_for("porch", 0,
                                         [&](const Seen& s) { return s.arrived_s > until; }));
  };
  const double start = utc_s();
  pass(start + kSpan);
  const double memory = node.resident_mib();
  const double stopped = utc_s();
  stops.hub.signal(SIGSTOP);
  pass(stopped + kSpan);
  const double grown = node.resident_mib() - memory;
  for (const auto* subscriber : {&one, &two}) {
    const double before = subscriber->p99(start, stopped);
    const double after = subscriber->p99(stopped, stopped + kSpan);
    row("one subscriber of three stops reading: another's age p99 {:.1f} ms before, {:.1f} ms "
        "after",
        before, after);
    // Waiting for the one that stopped would make it seconds; a busy machine makes it more than it
    // is.
    CHECK(after < before + 1000);
  }
  row("one subscriber of three stops reading: the node's memory {:+.1f} MiB", grown);
  CHECK(grown < kMostGrown);
  // It comes back by itself, with the newest.
  const auto had = stops.probe.count("porch");
  const double continued = utc_s();
  stops.hub.signal(SIGCONT);
  REQUIRE(stops.probe.wait_for("porch", had,
                               [&](const Seen& s) { return s.arrived_s - s.age_s > continued; }));
  adds_up(one.hub.report());
  adds_up(two.hub.report());
  adds_up(stops.hub.report());
  adds_up(node.report());
}
