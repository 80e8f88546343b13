// A node that dies or stops: what its hub says, and what comes first when it is back.

#include "catch.hpp"
#include "probe.hpp"
#include "running.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {

// What comes first is the newest picture, not what had been waiting: a picture's time, and what a
// noisy machine adds.
constexpr double kFresh = 1.0;
// "within 3 s", and what a noisy machine adds.
constexpr double kFound = 5.0;

bool of_porch(const nlohmann::json& event) { return event.value("source", "") == "porch"; }

}  // namespace

TEST_CASE("a node is killed: its hub says so, and when it is back the newest frame comes first") {
  const auto address = free_address();
  const Probe probe;
  Running hub(hub_graph(address, probe.address()));
  REQUIRE(hub.says("listening on"));
  {
    Running node(node_graph("porch", address));
    REQUIRE(probe.flows("porch"));
    const double killed = utc_s();
    node.signal(SIGKILL);
    const auto gone = hub.wait_for("source.gone", killed, of_porch);
    REQUIRE(gone);
    const double found = (*gone)["time_s"].get<double>() - killed;
    row("node killed: the hub said so after {:.3f} s", found);
    CHECK(found < kFound);
  }
  const auto before = probe.count("porch");
  const double started = utc_s();
  Running node(node_graph("porch", address));
  REQUIRE(probe.flows("porch"));
  const auto first = probe.seen("porch").at(before);
  CHECK(first.age_s < kFresh);
  CHECK(hub.wait_for("source.back", started, of_porch));
  row("node killed: started again, its first frame was {:.0f} ms old", 1000 * first.age_s);
}

TEST_CASE("a node is stopped for 10 s: its hub says so, and then the newest frame comes first") {
  const auto address = free_address();
  const Probe probe;
  Running hub(hub_graph(address, probe.address()));
  REQUIRE(hub.says("listening on"));
  Running node(node_graph("porch", address));
  REQUIRE(probe.flows("porch"));
  const double stopped = utc_s();
  node.signal(SIGSTOP);
  const auto gone = hub.wait_for("source.gone", stopped, of_porch);
  REQUIRE(gone);
  const double found = (*gone)["time_s"].get<double>() - stopped;
  CHECK(found < kFound);
  while (utc_s() < stopped + 10) std::this_thread::sleep_for(100ms);
  const auto before = probe.count("porch");
  const double continued = utc_s();
  node.signal(SIGCONT);
  REQUIRE(probe.flows("porch", 20));
  CHECK(hub.wait_for("source.back", continued, of_porch));
  const auto seen = probe.seen("porch");
  double oldest = 0;
  for (auto i = before; i < seen.size(); ++i) oldest = std::max(oldest, seen[i].age_s);
  row("node stopped for 10 s: the hub said so after {:.2f} s; continued, the first frame came "
      "after "
      "{:.2f} s and was {:.0f} ms old, the oldest {:.0f} ms",
      found, seen[before].arrived_s - continued, 1000 * seen[before].age_s, 1000 * oldest);
  CHECK(seen[before].age_s < kFresh);
  CHECK(oldest < kFresh);
}

TEST_CASE("nodes are killed while their hub has no room for more: it lives on") {
  const std::string pattern = GENERATE("request", "push");
  CAPTURE(pattern);
  const auto address = free_address();
  // Large pictures, which the hub takes its time for, and waits for.
  Running hub(fmt::format(R"(
mailbox = {{ when_full = "block" }}
[stage.cameras]
type = "transport.receive"
bind = "tcp://{}"
pattern = "{}"
[stage.work]
type = "encode.jpeg"
from = "cameras"
[stage.end]
type = "sink.discard"
from = "work"
[stage.events]
type = "log.events"
)",
                          address, pattern));
  REQUIRE(hub.says("listening on"));
  constexpr int kTimes = 5;
  for (int i = 0; i < kTimes; ++i) {
    const double started = utc_s();
    Running node(fmt::format(R"(
mailbox = {{ when_full = "block" }}
[stage.camera]
type = "capture.synthetic"
source = "porch-{}"
width = 1280
height = 720
rate = 0
[stage.uplink]
type = "transport.send"
from = "camera"
connect = "tcp://{}"
pattern = "{}"
window = 64
)",
                             i, address, pattern));
    REQUIRE(hub.wait_for("link.up", started));
    // Time enough for all queues on the way to fill.
    REQUIRE(hub.process().wait(1s) == -1);
    const double killed = utc_s();
    node.signal(SIGKILL);
    REQUIRE(hub.wait_for("link.down", killed));
  }
  const auto report = hub.report();
  adds_up(report);
  CHECK(report["stages"]["cameras"]["sources"].size() == kTimes);
  row("nodes killed while the hub ({}) has no room: it took {} frames of {} nodes and lived on",
      pattern, report["stages"]["work"]["out"].get<int>(), kTimes);
}
