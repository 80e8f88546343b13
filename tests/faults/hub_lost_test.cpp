// A hub that dies: every node comes back to the next one by itself, with the newest frame, and
// neither keeps anything of the time between.

#include <thread>

#include "catch.hpp"
#include "probe.hpp"
#include "running.hpp"

using namespace test;
using namespace std::chrono_literals;

namespace {
constexpr double kFresh = 1.0;  // seconds; a picture's time, and what a noisy machine adds
}

TEST_CASE("the hub is killed and restarted 20 times: every node is back each time") {
  const std::vector<std::string> names{"porch", "garage", "garden"};
  const auto address = free_address();
  const Probe probe;
  std::vector<std::unique_ptr<Running>> nodes;
  for (const auto& name : names)
    nodes.push_back(std::make_unique<Running>(node_graph(name, address)));
  // A link counts as good when it has lived for 2 s; the next hub dies after that.
  constexpr double kLife = 2.2;
  std::vector<std::size_t> descriptors;
  std::vector<double> memory;
  double sum = 0, worst = 0, oldest = 0;
  constexpr int kTimes = 20;
  for (int i = 0; i <= kTimes; ++i) {
    INFO("hub " << i);
    std::vector<std::size_t> before;
    for (const auto& name : names) before.push_back(probe.count(name));
    Running hub(hub_graph(address, probe.address()));
    REQUIRE(hub.says("listening on"));
    const double there = utc_s();
    double back = 0;
    for (std::size_t n = 0; n < names.size(); ++n) {
      INFO(names[n]);
      const auto first = probe.wait_for(names[n], before[n], [](const Seen&) { return true; });
      REQUIRE(first);
      oldest = std::max(oldest, first->age_s);
      back = std::max(back, first->arrived_s - there);
    }
    for (std::size_t n = 0; n < names.size(); ++n)
      REQUIRE(probe.wait_for(names[n], before[n],
                             [&](const Seen& s) { return s.arrived_s > there + back + kLife; }));
    if (i == 0) {
      for (const auto& node : nodes) {
        descriptors.push_back(node->descriptors());
        memory.push_back(node->resident_mib());
      }
    } else {
      sum += back;
      worst = std::max(worst, back);
    }
    if (i == kTimes) {
      double grown = 0;
      for (std::size_t n = 0; n < names.size(); ++n) {
        CHECK(nodes[n]->descriptors() == descriptors[n]);
        grown = std::max(grown, nodes[n]->resident_mib() - memory[n]);
      }
      row("hub killed 20 times: all 3 nodes back after {:.2f} s (worst {:.2f}), their first frames "
          "at "
          "most {:.0f} ms old; a node's descriptors {} as before, memory {:+.1f} MiB",
          sum / kTimes, worst, 1000 * oldest, descriptors[0], grown);
      CHECK(grown < kMostGrown);
    }
    hub.signal(SIGKILL);
  }
  CHECK(oldest < kFresh);
  CHECK(worst < 10);
}

TEST_CASE("the hub is away for a minute: the node's memory is flat, and no stale burst follows") {
  const auto address = free_address();
  const Probe probe;
  // Pictures of 300 kB: a minute of them is 360 MB.
  Running node(node_graph("porch", address, "width = 640\nheight = 480\nrate = 20"));
  double killed = 0;
  {
    Running hub(hub_graph(address, probe.address()));
    REQUIRE(probe.flows("porch", 40));
    hub.signal(SIGKILL);
    killed = utc_s();
  }
  REQUIRE(node.wait_for("link.down", killed));
  const double before = node.resident_mib();
  double most = before;
  while (utc_s() < killed + 60) {
    most = std::max(most, node.resident_mib());
    std::this_thread::sleep_for(500ms);
  }
  const auto seen_before = probe.count();
  Running hub(hub_graph(address, probe.address()));
  REQUIRE(hub.says("listening on"));
  const double there = utc_s();
  REQUIRE(probe.flows("porch", 40));
  const auto seen = probe.seen();
  double oldest = 0;
  for (auto i = seen_before; i < seen.size(); ++i) oldest = std::max(oldest, seen[i].age_s);
  const auto& first = seen[seen_before];
  row("hub away for a minute: the node's memory {:.1f} MiB, at most {:+.1f} meanwhile; back after "
      "{:.2f} s, the first frame {:.0f} ms old, the oldest of 40 {:.0f} ms",
      before, most - before, first.arrived_s - there, 1000 * first.age_s, 1000 * oldest);
  CHECK(most - before < kMostGrown);
  CHECK(oldest < kFresh);
  CHECK(first.arrived_s - there < 10);
  adds_up(node.report());
  adds_up(hub.report());
}
