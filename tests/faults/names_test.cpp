// Two nodes that were given one name.

#include "catch.hpp"
#include "probe.hpp"
#include "running.hpp"

using namespace test;
using namespace std::chrono_literals;

TEST_CASE("two nodes with one name: the first keeps it, an event tells, no stream is mixed") {
  const auto address = free_address();
  const Probe probe;
  Running hub(hub_graph(address, probe.address()));
  REQUIRE(hub.says("listening on"));
  // Their pictures tell them apart.
  std::optional<Running> first(std::in_place,
                               node_graph("porch", address, "width = 160\nrate = 20"));
  REQUIRE(probe.flows("porch"));
  const double came = utc_s();
  Running second(node_graph("porch", address, "width = 320\nrate = 20"));
  const auto conflict = hub.wait_for("source.conflict", came);
  REQUIRE(conflict);
  CHECK((*conflict)["source"] == "porch");
  REQUIRE(second.says("another device sends as 'porch'"));
  REQUIRE(probe.flows("porch", 60));
  for (const auto& seen : probe.seen("porch")) CHECK(seen.shape.at(1) == 160);
  CHECK(hub.events("source.conflict").size() == 1);  // told once, not for each frame

  // When the first is gone the name is free.
  const auto had = probe.count("porch");
  const double killed = utc_s();
  first->signal(SIGKILL);
  const auto of_second = [](const Seen& seen) { return seen.shape.at(1) == 320; };
  const auto taken_over = probe.wait_for("porch", had, of_second);
  REQUIRE(taken_over);
  REQUIRE(probe.flows("porch"));
  bool over = false;
  for (const auto& seen : probe.seen("porch")) {
    over = over || of_second(seen);
    CHECK(of_second(seen) == over);  // from then on no frame of the first
  }
  const auto sent = second.report();
  const auto taken = hub.report();
  adds_up(sent);
  adds_up(taken);
  CHECK(sent["stages"]["uplink"]["failed"] == taken["stages"]["cameras"]["dropped"]["name_taken"]);
  row("two nodes with one name: the first kept it, an event after {:.3f} s, {} frames of the other "
      "refused and counted by both; it took over {:.3f} s after the first was killed",
      (*conflict)["time_s"].get<double>() - came, sent["stages"]["uplink"]["failed"].dump(),
      taken_over->arrived_s - killed);
}
