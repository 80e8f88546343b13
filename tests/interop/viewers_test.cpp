// Sluice's nodes at VidGear's NetGear and at SmoothStream's viewer.

#include "catch.hpp"
#include "interop/peers.hpp"

using namespace test;
using nlohmann::json;

TEST_CASE("NetGear gets a Sluice camera's pictures, and those of the next one") {
  const bool publishes = GENERATE(false, true);
  INFO((publishes ? "published" : "by request"));
  const auto address = "tcp://" + free_address();
  Process hub(python("netgear.py", {address, "--pattern", publishes ? "2" : "1"}));
  const std::string uplink = std::string("peer = \"netgear\"\n") +
                             (publishes ? "pattern = \"publish\"\n" : "") + connects(address);
  for (const bool jpg : {true, false}) {
    const auto stages = Running(node_graph({"garage", "rate = 100\n", uplink, jpg})).until(hub, 20);
    CHECK(stages["uplink"]["failed"] == 0);
  }
  for (const auto& picture : told(hub)) {
    CHECK(picture["shape"] == json({48, 64, 3}));
    CHECK(picture["dtype"] == "uint8");
  }
  CHECK(told(hub, "ended").empty());  // a node that stops doesn't end NetGear's stream
}

TEST_CASE("SmoothStream's viewer shows a Sluice camera's pictures") {
  const auto address = "tcp://" + free_address();
  Process viewer(python("viewer.py", {address}));
  const bool jpg = GENERATE(true, false);
  const auto stages =
      Running(
          node_graph({"garage", "rate = 100\n",
                      "peer = \"smoothstream\"\npattern = \"publish\"\n" + connects(address), jpg}))
          .until(viewer, 20);
  CHECK(stages["uplink"]["failed"] == 0);
  for (const auto& picture : told(viewer)) CHECK(picture["shape"] == json({48, 64, 3}));
}
